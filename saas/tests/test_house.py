"""The rules of the house are held by tools; here each is shown to be able to fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PARTS = ["saas", "accounts", "integrations", "dashboard", "pyproject.toml"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    for part in PARTS:
        path = ROOT / part
        if path.is_dir():
            shutil.copytree(path, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, folder)
    return folder


def lint_imports(folder):
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


def with_line(folder, path, line, check):
    """What the check says while the file has one line more."""
    file = folder / path
    before = file.read_text()
    file.write_text(f"{before}\n{line}\n")
    try:
        return check(folder)
    finally:
        file.write_text(before)


def test_the_house_as_it_stands_keeps_the_rules(copy):
    done = lint_imports(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("accounts/clients.py", "import dashboard.forms"),
        ("accounts/clients.py", "import saas.env"),
        ("integrations/scopes.py", "import dashboard.forms"),
        ("dashboard/forms.py", "import integrations.scopes"),
        ("dashboard/forms.py", "import saas.health"),
        ("accounts/keys.py", "import accounts.tokens"),
        ("accounts/sessions.py", "import accounts.revocation"),
        ("accounts/models/keys.py", "import accounts.crypto"),
        ("accounts/clients.py", "import authlib"),
    ],
)
def test_an_import_up_or_across_is_caught(copy, path, line):
    assert with_line(copy, path, line, lint_imports).returncode != 0


def ruff(folder):
    return subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID251", "."],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("dashboard/pages/sessions.py", "from django.contrib.sessions.backends import db"),
        ("accounts/grants/codes.py", "from rest_framework_simplejwt.tokens import RefreshToken"),
        ("accounts/grants/codes.py", "from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken"),
        ("integrations/errors.py", "import saas.settings"),
    ],
)
def test_a_second_door_is_caught(copy, path, line):
    assert ruff(copy).returncode == 0, ruff(copy).stdout
    assert with_line(copy, path, line, ruff).returncode != 0


WRITE = {"create", "bulk_create", "bulk_update", "save", "update", "delete", "get_or_create", "update_or_create"}


def writers(folder):
    """Lines of the faces that write: create, save, update or delete called on anything."""
    import ast

    found = []
    for face in ("dashboard", "integrations", "saas"):
        for file in (folder / face).rglob("*.py"):
            if "tests" in file.parts:
                continue
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    name = node.func.attr
                    line = ast.unparse(node)
                    # vars().update(...) in the settings is no table's.
                    if name.removeprefix("a") in WRITE and not line.startswith("vars()"):
                        found.append(f"{file.name}: {line}")
    return found


def test_only_the_heart_writes(copy):
    assert writers(copy) == []
    assert with_line(copy, "dashboard/pages/sessions.py", "SecurityEvent.objects.all().delete()", writers)
