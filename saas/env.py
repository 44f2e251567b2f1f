"""Reads the environment, and refuses loudly whatever it does not understand.

A laptop needs no variables at all. Production has no default for a secret: it does not start without.
"""

import functools
import json
import os
import re
import secrets
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parseaddr
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ
import maxminddb
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from redis.connection import parse_url

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
# Signatures are as strong as this is long to guess.
LEAST_SECRET = 32  # characters

Number = TypeVar("Number", int, float)


class Refused(ImproperlyConfigured):
    """A variable is missing or makes no sense. Says which, and what would."""


@contextmanager
def refused_in_one_line() -> Iterator[None]:
    """Where a server starts, which would print a traceback. Ends the process with gunicorn's own status for a worker
    that cannot start: any other has it try again for ever."""
    try:
        yield
    except Refused as refusal:
        sys.stderr.write(f"Refused to start: {refusal}\n")
        sys.exit(3)


def text(name: str, default: str = "") -> str:
    """The variable's text; unset and empty are the same."""
    _read_file(BASE_DIR / ".env")
    return os.environ.get(name, "").strip() or default


@functools.cache
def _read_file(path: Path) -> None:
    """Reads a .env beside manage.py, once. What is set in the environment wins."""
    if not path.is_file():
        return
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read: {error}.") from None
    for number, line in enumerate(lines, start=1):
        if line.strip() and not re.match(r"\s*(#|(export\s+)?[A-Za-z_]\w*=)", line):
            raise Refused(f"{path}, line {number}, is neither NAME=value nor a comment.")
    environ.Env.read_env(path)


def flag(name: str, *, default: bool) -> bool:
    value = text(name, str(default)).lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise Refused(f"{name}={value!r} is neither true nor false.")


def number(name: str, default: Number, *, least: float, most: float) -> Number:
    """A number of the default's type, within bounds; its unit is the variable's."""
    value = text(name, str(default))
    try:
        parsed = type(default)(value)
    except ValueError:
        parsed = None
    if parsed is None or not least <= parsed <= most:
        raise Refused(f"{name}={value!r} is not a number from {least} to {most}.")
    return parsed


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def choice(name: str, default: str, allowed: set[str]) -> str:
    value = text(name, default)
    if value not in allowed:
        raise Refused(f"{name}={value!r} is none of {', '.join(sorted(allowed))}.")
    return value


def geoip(name: str) -> str:
    """A path to a MaxMind database of cities or countries; "" when unset."""
    value = text(name)
    try:
        kind = ""
        if value:
            with maxminddb.open_database(value) as database:
                kind = database.metadata().database_type
    except (OSError, ValueError, maxminddb.InvalidDatabaseError):
        raise Refused(f"{name}={value!r} is not a MaxMind database that can be read.") from None
    if value and not ("City" in kind or "Country" in kind):
        raise Refused(f"{name}={value!r} is a database of another kind ({kind}): it knows neither city nor country.")
    return value


def is_laptop() -> bool:
    """Development is what `manage.py` does when nobody has given it a secret.

    A server (gunicorn, uvicorn) is never a laptop, so a production that lost its environment does not start.
    """
    return Path(sys.argv[0]).name == "manage.py" and not text("SECRET_KEY")


def secret(name: str, *, development: bool) -> str:
    """A secret from the environment; on a laptop one that is generated once and kept in var/, which git ignores."""
    if value := text(name) if development else token(name):
        return value
    if not development:
        raise Refused(f"{name} is not set, and production has no default for a secret. See .env.example.")
    return _development_secrets()[name]


def token(name: str) -> str:
    """A secret that nobody has to set: "" then."""
    value = text(name)
    if value and len(value) < LEAST_SECRET:
        raise Refused(f"{name} is too short: a secret has at least {LEAST_SECRET} characters. See .env.example.")
    return value


def _development_secrets() -> dict[str, str]:
    path = VAR_DIR / "development-secrets.json"
    if not path.exists():
        fresh = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "KEY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        }
        _make_folder(VAR_DIR)
        # Written beside and linked into place: of two processes that start at once, one wins and both read it.
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(fresh, indent=2))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    try:
        loaded: dict[str, str] = {name: str(value) for name, value in json.loads(path.read_text()).items()}
        return {name: loaded[name] for name in ("SECRET_KEY", "KEY_ENCRYPTION_KEYS")}
    except (OSError, ValueError, KeyError, AttributeError):
        raise Refused(
            f"{path} is damaged. Delete it, and var/db.sqlite3 with it: its keys are of no use now."
        ) from None


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"The folder {path} cannot be made: {error.strerror}.") from None


def encryption_keys(name: str, *, development: bool) -> list[str]:
    """Fernet keys, newest first: the first encrypts, all decrypt."""
    keys = [key.strip() for key in secret(name, development=development).split(",") if key.strip()]
    for position, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            raise Refused(
                f"{name}: key {position} is not 32 url-safe base64 bytes. "
                "Make one: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
            ) from None
    return keys


def issuer(name: str, default: str, *, development: bool) -> str:
    """Our own URL, character for character as tokens carry it: scheme and host, nothing after."""
    value = text(name, default if development else "")
    if not value:
        raise Refused(f"{name} is not set. It is this site's own URL, such as https://app.example.com.")
    try:
        url = urlsplit(value)
        port_is_sound = url.port is None or url.port > 0
    except ValueError:
        raise Refused(f"{name}={value!r} is not a URL.") from None
    if url.scheme not in {"http", "https"} or not url.hostname or not port_is_sound:
        raise Refused(f"{name}={value!r} is not an http or https URL.")
    if not re.fullmatch(r"[A-Za-z0-9.-]+|[0-9A-Fa-f:.]+", url.hostname):
        raise Refused(f"{name}={value!r} names a host with characters that no host has.")
    if url.path or url.query or url.fragment or url.username:
        raise Refused(f"{name}={value!r} may hold a scheme and a host (and a port), and no trailing slash.")
    if url.scheme == "http" and not development and url.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise Refused(f"{name}={value!r} must be https.")
    return value


def database(name: str, default: str) -> dict[str, Any]:
    """A Django database configuration, for SQLite or PostgreSQL."""
    config = _url(name, default, environ.Env.db_url_config)
    if config.get("ENGINE") == "django.db.backends.postgresql":
        if not config.get("NAME") and "service" not in config.get("OPTIONS", {}):
            raise Refused(f"{name} names no database: postgres://user:password@host:5432/name.")
        # A database that does not answer must not hang every request that asks it.
        options: dict[str, Any] = {"connect_timeout": 5, "options": "-c statement_timeout=30000"}
        # Not a standby, which says now what was true before: a worker would go on believing what has been revoked.
        options["target_session_attrs"] = "read-write"
        # Statements are planned once for each connection; the planning costs more than most of ours take.
        options |= {"server_side_binding": True, "prepare_threshold": 2, **config.get("OPTIONS", {})}
        return {**config, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}
    if config.get("ENGINE") == "django.db.backends.sqlite3":
        _make_folder(Path(config["NAME"]).parent)
        # IMMEDIATE: a transaction that will write waits its turn at BEGIN, where the timeout applies,
        # instead of failing half-way with "database is locked".
        options = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
        return {**config, "OPTIONS": options}
    raise Refused(f"{name} must start with postgres:// or sqlite:///.")


def email(name: str, default: str) -> dict[str, Any]:
    """Django's EMAIL_* settings."""
    return _url(name, default, environ.Env.email_url_config)


def address(name: str, default: str) -> str:
    """Who mail is from: an address, or a name with one in angle brackets."""
    value = text(name, default)
    local, _, domain = parseaddr(value)[1].rpartition("@")
    if not (local and domain) or not value.isprintable():
        raise Refused(f"{name}={value!r} is no e-mail address.")
    return value


def redis(name: str) -> str:
    value = text(name)
    try:
        if value:
            parse_url(value)  # type: ignore[no-untyped-call]
            url = urlsplit(value)
            if url.scheme != "unix" and not re.fullmatch(r"/?\d*", url.path):
                raise ValueError("redis-py takes a database that is no number for 0.")
    except ValueError:
        # The value is not repeated: it may hold a password.
        raise Refused(f"{name} is not redis://host:6379/0, rediss://... or unix://...") from None
    return value


def _url(name: str, default: str, parse: Any) -> dict[str, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what we refuse below
            config: dict[str, Any] = parse(text(name, default))
    except (ValueError, KeyError, TypeError, ImproperlyConfigured, AttributeError):
        # The value is not repeated: it may hold a password.
        raise Refused(f"{name} is not a URL that is understood. See .env.example.") from None
    return config


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""
