"""The environment: a laptop needs none, production none less, and what is wrong is named in one line."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter

ROOT = Path(__file__).resolve().parent.parent.parent
FERNET = "qP1xwTC6CLnN1XbG0r4cVgVwEYqW3rJx0g2m0Jd0wJ4="
PRODUCTION = {
    "SECRET_KEY": "of a length and with letters enough: 0123456789 abcdefghijklmnop",
    "KEY_ENCRYPTION_KEYS": FERNET,
    "ISSUER": "https://app.example.com",
    "DATABASE_URL": "sqlite:////tmp/portcullis-never-opened.sqlite3",
}


def start(environment, code="import saas.wsgi; from django.conf import settings as s; print(s.SESSION_COOKIE_NAME)"):
    env = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_production_starts_with_its_secrets_and_has_host_cookies():
    done = start(PRODUCTION)
    assert (done.returncode, done.stdout.strip()) == (0, "__Host-sessionid"), done.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "KEY_ENCRYPTION_KEYS", "ISSUER"])
def test_production_refuses_to_start_without(name):
    done = start({key: value for key, value in PRODUCTION.items() if key != name})
    assert done.returncode != 0
    assert f"{name} is not set" in done.stderr


def test_a_server_that_lost_its_whole_environment_is_not_a_laptop():
    assert " is not set" in start({}).stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "maybe"),
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "99999"),
        ("ISSUER", "app.example.com"),
        ("ISSUER", "https://app.example.com/"),
        ("ISSUER", "https://app.example.com?x"),
        ("ISSUER", "http://app.example.com"),
        ("ISSUER", "https://user@app.example.com"),
        ("ISSUER", "https://[app"),
        ("DATABASE_URL", "mysql://x/y"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "postgres://user@host:5432/"),
        ("DATABASE_URL", "sqlite:////dev/null/db.sqlite3"),
        ("REDIS_URL", "http://127.0.0.1"),
        ("REDIS_URL", "redis://127.0.0.1:port/0"),
        ("REDIS_URL", "redis://127.0.0.1:6379/zero"),
        ("SECRET_KEY", "short"),
        ("ISSUER", "https://app example.com"),
        ("ISSUER", "https://\u00e4pp.example.com"),
        ("DEFAULT_FROM_EMAIL", "nobody"),
        ("EMAIL_URL", "nonsense"),
        ("KEY_ENCRYPTION_KEYS", "short"),
        ("KEY_ENCRYPTION_KEYS", f"{FERNET},short"),
        ("ACCESS_TOKEN_SECONDS", "0"),
        ("ACCESS_TOKEN_SECONDS", "901"),
        ("ACCESS_TOKEN_SECONDS", "nan"),
        ("REFRESH_TOKEN_DAYS", "-1"),
        ("GRANT_DAYS", "1e3"),
        ("TRUSTED_PROXY_COUNT", "x"),
        ("SIGNING_ALGORITHM", "none"),
        ("METRICS_TOKEN", "short"),
        ("LOG_LEVEL", "loud"),
        ("GEOIP_PATH", "/nowhere.mmdb"),
        ("GEOIP_PATH", __file__),
        ("GEOIP_PATH", "/tmp"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named(name, value, monkeypatch):
    from saas import env

    for variable in ("DEBUG", "PORT", "REDIS_URL", "EMAIL_URL"):
        monkeypatch.delenv(variable, raising=False)
    for variable, text in {**PRODUCTION, name: value}.items():
        monkeypatch.setenv(variable, text)
    with pytest.raises(env.Refused, match=f"{name}|/dev/null") as refused:
        runpy.run_path(str(ROOT / "saas" / "settings.py"))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("kind", "is_taken"), [("GeoLite2-City", True), ("DBIP-Country", True), ("GeoIP2-ISP", False)])
def test_a_geoip_file_knows_cities_or_countries(tmp_path, monkeypatch, kind, is_taken):
    from saas import env

    path = tmp_path / "file.mmdb"
    MMDBWriter(4, kind).to_db_file(str(path))
    monkeypatch.setenv("GEOIP_PATH", str(path))
    if is_taken:
        assert env.geoip("GEOIP_PATH") == str(path)
    else:
        with pytest.raises(env.Refused, match="another kind"):
            env.geoip("GEOIP_PATH")


def test_manage_py_says_so_in_one_line():
    env = {"PATH": os.environ["PATH"], **PRODUCTION, "PORT": "eighty"}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert done.stderr == "Refused to start: PORT='eighty' is not a number from 1 to 65535.\n"


@pytest.mark.parametrize("content", [b"SECRET_KEY=\xff\xfe", b"# fine\n\nPORT 8000\n", b"=x", b"\0=1", b"PORT=1\n- x"])
def test_a_file_that_is_no_list_of_variables_is_refused(tmp_path, content):
    from saas import env

    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(env.Refused, match=r"\.env"):
        env._read_file.__wrapped__(tmp_path / ".env")


def test_the_example_may_be_copied_as_it_is(tmp_path, monkeypatch):
    from saas import env

    for name in ("SECRET_KEY", "KEY_ENCRYPTION_KEYS", "ISSUER"):
        monkeypatch.setenv(name, "as it was")
    env._read_file.__wrapped__(ROOT / ".env.example")
    assert os.environ["SECRET_KEY"] == "as it was"


@pytest.mark.parametrize(
    ("url", "command"),
    [("postgres://user:hunter2@127.0.0.1:1/db", ["migrate"]), ("sqlite:////dev", ["createsuperuser", "--noinput"])],
)
def test_a_database_that_cannot_be_had_is_one_line(url, command):
    env = {"PATH": os.environ["PATH"], **PRODUCTION, "DATABASE_URL": url}
    done = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert done.stderr.startswith("The database (DATABASE_URL) cannot be used: ")
    assert done.stderr.count("\n") == 1
    assert "hunter2" not in done.stderr


def test_a_database_without_tables_is_one_line_that_says_what_to_run(tmp_path):
    env = {"PATH": os.environ["PATH"], **PRODUCTION, "DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3"}
    command = [sys.executable, "manage.py", "rotate_signing_key", "--list"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert done.stderr.startswith("The database (DATABASE_URL) cannot be used: no such table")
    assert done.stderr.endswith("Then run: python manage.py migrate\n")


@pytest.mark.parametrize("module", ["saas.wsgi", "saas.asgi"])
def test_a_server_says_so_in_one_line_and_is_not_started_again(module):
    env = {"PATH": os.environ["PATH"], **PRODUCTION, "PORT": "eighty"}
    done = subprocess.run(
        [sys.executable, "-c", f"import {module}"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    # gunicorn ends with the worker that ends with 3, and starts any other again.
    assert (done.returncode, done.stderr) == (3, "Refused to start: PORT='eighty' is not a number from 1 to 65535.\n")


def test_an_argument_that_is_not_utf_8_is_one_line():
    command = [sys.executable, "manage.py", "revoke", "--user", b"\xff", "--cause", "compromised"]
    done = subprocess.run(command, cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"An argument is not UTF-8. Nothing was changed.\n")


def test_a_secret_that_is_wrong_is_not_repeated():
    done = start({**PRODUCTION, "DATABASE_URL": "nonsense://user:hunter2@host/db"})
    assert done.returncode != 0
    assert "hunter2" not in done.stderr


def test_every_variable_stands_in_the_example():

    named = set(re.findall(r'"([A-Z][A-Z_]+)"', (ROOT / "saas" / "settings.py").read_text()))
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "saas" / "settings.py").read_text()))
    example = set(re.findall(r"^#?\s?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read <= named
    assert read == example


def test_check_deploy_has_nothing_to_say_but_that_this_tree_has_no_collected_files():
    env = {"PATH": os.environ["PATH"], **PRODUCTION}
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    is_collected = (ROOT / "staticfiles" / "staticfiles.json").exists()
    assert re.findall(r"\((\w+\.[EW]\d+)\)", done.stderr) == ([] if is_collected else ["saas.E001"]), done.stderr
