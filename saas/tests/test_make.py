"""What `make` says when the machine is not as it needs it: one clear line."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def port(value):
    env = {"PATH": os.environ["PATH"], "PORT": str(value)}
    command = [sys.executable, "-m", "saas.port"]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_a_busy_port_is_named_before_anything_else_is_said():
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        number = busy.getsockname()[1]
        done = port(number)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Port {number} is not available: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("value", ["eighty", "0", "65536", "-1", "80 80"])
def test_a_port_that_is_none_is_named_in_one_line(value):
    done = port(value)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Refused to start: PORT={value!r} is not a number from 1 to 65535.\n"


def test_a_free_port_is_printed():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    assert port(number).stdout == f"{number}\n"


@pytest.mark.parametrize("arguments", [[], ["PYTHON=/nowhere/python3.11"], [f"PYTHON={shutil.which('false')}"]])
def test_a_missing_python_is_one_line(tmp_path, arguments):
    shutil.copy(ROOT / "Makefile", tmp_path)
    make = shutil.which("make")
    command = [make, "--no-print-directory", ".venv/bin/python", *arguments]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    said = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    assert done.returncode != 0
    assert len(said) == 1
    assert said[0].startswith("Python 3.11 or later, with its venv module, was not found.")
    assert not (tmp_path / ".venv").exists()
