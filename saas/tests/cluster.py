"""Several web servers as in production, each a process on a port of its own.

With them a PostgreSQL and a Redis that a test may stop, pause, empty and restart. The test's own Django looks at the
same database.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from saas import env
from saas.tests import services

ROOT = Path(__file__).resolve().parent.parent.parent
LEASE, POLL = 1.0, 0.25  # seconds: shorter than in production, so that the tests are


class Redis:
    """A real server. `pause` stops its process where it stands."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, services.free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        self.process = services.redis_on(self.port, self.folder)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        services.pause(self.process.pid)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)


GUNICORN = ("-m", "gunicorn", "saas.wsgi", "--threads", "4", "--log-level", "warning", "--bind", "{address}")
UVICORN = ("-m", "uvicorn", "saas.asgi:application", "--log-level", "warning", "--host", "{host}", "--port", "{port}")
RUNSERVER = ("manage.py", "runserver", "{address}")


class Node:
    """One web server with one process that serves."""

    def __init__(
        self, env: dict[str, str], log: Any, *, server: tuple[str, ...] = GUNICORN, options: tuple[str, ...] = ()
    ) -> None:
        self.port = services.free_port()
        words = {"host": "127.0.0.1", "port": self.port, "address": f"127.0.0.1:{self.port}"}
        command = [sys.executable, *(word.format(**words) for word in server), *options]
        self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True)
        self.url = f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, token: str = "", timeout: float = 20) -> tuple[int, str]:
        """Status and body; status 0 when nobody answered."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            line.request("GET", path, headers=headers)
            answer = line.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            line.close()

    def ask_soon(self, path: str, token: str) -> Callable[[], int]:
        """Asks now, though the node may be stopped; call what it returns for the status."""
        pool = ThreadPoolExecutor(1)
        future = pool.submit(self.ask, path, token)
        return lambda: future.result(20)[0]

    def me(self, token: str) -> int:
        """The status of the API's answer to this access token."""
        return self.ask("/api/v1/me", token)[0]

    def is_leased(self) -> bool:
        status, body = self.ask("/readyz")
        return status == 200 and json.loads(body)["lease"] == "held"

    def wait_until_up(self) -> None:
        until = time.monotonic() + 60
        while self.ask("/healthz")[0] != 200:
            assert time.monotonic() < until, "a web server did not start"
            time.sleep(0.05)

    @property
    def worker_pid(self) -> int:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0])

    def stop(self) -> None:
        """In good order. Of runserver the process that serves is told: the one that watches would kill it."""
        os.kill(self.worker_pid if "runserver" in self.process.args else self.process.pid, signal.SIGTERM)
        self.process.wait(timeout=20)


class Cluster:
    def __init__(self, folder: Path, nodes: int) -> None:
        self.folder = folder
        self.postgresql = services.postgresql_in(folder)
        self.redis = Redis(folder)
        self.log = (folder / "nodes.log").open("w")
        self.nodes: list[Node] = []
        with self.as_default():
            call_command("migrate", verbosity=0)
        for _ in range(nodes):
            self.add()
        for node in self.nodes:
            node.wait_until_up()

    @property
    def env(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return kept | {
            "SECRET_KEY": settings.SECRET_KEY,
            "KEY_ENCRYPTION_KEYS": ",".join(settings.KEY_ENCRYPTION_KEYS),
            "ISSUER": settings.ISSUER,
            "DATABASE_URL": self.postgresql.get_uri(),
            "REDIS_URL": self.redis.url,
            "REVOCATION_LEASE_SECONDS": str(LEASE),
            "REVOCATION_POLL_SECONDS": str(POLL),
            "LOG_LEVEL": "ERROR",
            "PYTHONWARNINGS": "ignore",  # no collected static files here
        }

    def add(self, *, server: tuple[str, ...] = GUNICORN, options: tuple[str, ...] = (), **changed: str) -> Node:
        node = Node({**self.env, **changed}, self.log, server=server, options=options)
        self.nodes.append(node)
        return node

    @contextmanager
    def one_more(self, **how: Any) -> Iterator[Node]:
        """A node of another kind, or with some variables of its own, for a while."""
        node = self.add(**how)
        try:
            node.wait_until_up()
            yield node
        finally:
            self.nodes.remove(node)
            node.stop()

    def stop_postgresql(self) -> None:
        connection.close()
        self.postgresql.stop()

    def start_postgresql(self) -> None:
        self.postgresql.ensure_postgres_running()

    @contextmanager
    def as_default(self) -> Iterator[None]:
        """The test's own Django reads and writes here, in all its threads, and revokes through this Redis."""
        before = dict(connection.settings_dict)
        connection.close()
        with mock.patch.dict(os.environ, DATABASE_URL=self.postgresql.get_uri()):
            connection.settings_dict.update(env.database("DATABASE_URL", ""))
        try:
            with override_settings(REDIS_URL=self.redis.url):
                yield
        finally:
            connection.close()
            connection.settings_dict.clear()
            connection.settings_dict.update(before)

    def wait_until_leased(self, seconds: float = 20) -> float:
        """Until every node verifies with no I/O again. Returns how long that took."""
        began = time.monotonic()
        while not all(node.is_leased() for node in self.nodes):
            assert time.monotonic() - began < seconds, "a node did not get its lease back"
            time.sleep(0.02)
        return time.monotonic() - began

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()
        self.log.close()
        self.redis.stop()
        self.postgresql.cleanup()


class Seen(NamedTuple):
    began: float
    ended: float
    status: int

    @property
    def took(self) -> float:
        return self.ended - self.began


class Watch:
    """Asks every node for every token, without pause, and remembers when and what it was told."""

    def __init__(self, cluster: Cluster, **tokens: str) -> None:
        self.seen: dict[str, list[Seen]] = {name: [] for name in tokens}
        self._going = True
        self._threads = [threading.Thread(target=self._ask, args=(node, tokens), daemon=True) for node in cluster.nodes]

    def __enter__(self) -> "Watch":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._going = False
        for thread in self._threads:
            thread.join(30)

    def _ask(self, node: Node, tokens: dict[str, str]) -> None:
        while self._going:
            for name, token in tokens.items():
                began = time.monotonic()
                status = node.me(token)
                self.seen[name].append(Seen(began, time.monotonic(), status))
            time.sleep(0.01)

    def statuses(self, name: str, *, since: float = 0.0) -> set[int]:
        """What this token was told, by requests begun since then."""
        return {seen.status for seen in self.seen[name] if seen.began >= since}
