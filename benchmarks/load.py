"""Load from outside: wrk against a running server, with the CPU seconds that its workers spent meanwhile."""

import contextlib
import math
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import servers

SCRIPTS = Path(__file__).resolve().parent / "wrk"
NO_WRK = "wrk is not on the PATH (`apt-get install wrk`): not measured.\n"


@dataclass(frozen=True)
class Load:
    per_second: float
    cpu_us: float  # of all workers, for one request
    p50_ms: float
    p99_ms: float
    requests: int
    refused: int  # answers other than 2xx, and requests without one


@dataclass(frozen=True)
class Server:
    url: str
    master: psutil.Process

    def workers(self) -> list[psutil.Process]:
        children: list[psutil.Process] = self.master.children()
        return children

    def cpu_seconds(self) -> float:
        return float(sum(times.user + times.system for times in (worker.cpu_times() for worker in self.workers())))


def has_wrk() -> bool:
    return shutil.which("wrk") is not None


@contextlib.contextmanager
def serving(*options: str, workers: int = 2, **env: str) -> Iterator[Server]:
    """gunicorn with our production's application, on a free port; sync workers unless options say otherwise."""
    port = servers.free_port()
    command = [sys.executable, "-m", "gunicorn", "benchmarks.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", str(workers), "--log-level", "error", *options]
    with subprocess.Popen(command, cwd=servers.ROOT, env={**os.environ, **env}, start_new_session=True) as master:
        try:
            servers.wait_for(port)
            yield Server(f"http://127.0.0.1:{port}", psutil.Process(master.pid))
        finally:
            master.terminate()


def wrk(server: Server, path: str, script: str, arguments: list[str], headers: dict[str, str], seconds: float) -> Load:
    """Eight connections for so many seconds. The script's arguments are its own affair."""
    command = ["wrk", "--threads", "1", "--connections", "8", "--duration", f"{max(1, round(seconds))}s"]
    command += ["--script", str(SCRIPTS / script)]
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    _settle(server)
    before = server.cpu_seconds()
    done = subprocess.run([*command, server.url + path, "--", *arguments], capture_output=True, text=True, check=False)
    spent = server.cpu_seconds() - before
    result = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), "")
    if not result:
        raise RuntimeError(f"wrk: {done.stdout}{done.stderr}")
    requests, duration, refused, broken, p50, p99 = map(int, result.split()[1:])
    if refused:
        raise RuntimeError(f"{path} refused {refused} of {requests} requests: there is nothing to compare.")
    return Load(
        per_second=requests / duration * 1e6,
        cpu_us=spent / max(1, requests) * 1e6,
        p50_ms=p50 / 1000 or math.inf,  # where no request was answered in time
        p99_ms=p99 / 1000 or math.inf,
        requests=requests,
        refused=refused + broken,
    )


def _settle(server: Server) -> None:
    """Waits out what an earlier load left in the queue, such as password hashes."""
    for _ in range(4):
        urllib.request.urlopen(f"{server.url}/healthz", timeout=60).close()  # noqa: S310  # our own, on loopback


def rotate(server: Server, path: str, header: str, file: Path, seconds: float) -> Load:
    """GET with one header's value after the other: the lines of the file."""
    return wrk(server, path, "requests.lua", ["GET", str(file), header], {}, seconds)
