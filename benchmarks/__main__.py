"""`make bench`: every part in a process and a database of its own, on one PostgreSQL and one Redis. Markdown on stdout.

python -m benchmarks [PART ...]        BENCH_QUICK=1 for a short run with few rounds
"""

import datetime
import importlib.metadata
import os
import platform
import subprocess
import sys

from benchmarks import progress, servers

PARTS = ["authentication", "listing", "sessions", "server", "endpoints", "revocation", "scale"]
VERSIONS = ["Django", "djangorestframework", "djangorestframework-simplejwt", "PyJWT", "cryptography", "psycopg"]
VERSIONS += ["redis", "gunicorn", "django-rest-knox", "django-oauth-toolkit", "django-allauth"]


def main() -> int:
    parts = sys.argv[1:] or PARTS
    unknown = set(parts) - set(PARTS)
    if unknown:
        sys.exit(f"No such part: {', '.join(sorted(unknown))}. There are: {', '.join(PARTS)}.")
    failed = []
    with servers.running() as (database, env):
        print(heading(database), flush=True)
        for part in parts:
            progress.say(f"part {part}")
            for name in (part, f"{part}_large"):  # the second for who compares two
                database.create(name)
            own = {**servers.with_database(env, part), "BENCH_STARTED": str(progress.STARTED)}
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.part", part], cwd=servers.ROOT, env=own, check=False
            )
            failed += [part] if done.returncode else []
            for name in (part, f"{part}_large"):
                database.drop(name)
    progress.say("done" if not failed else f"failed: {', '.join(failed)}")
    return bool(failed)


def heading(database: servers.Database) -> str:
    redis = subprocess.run([servers.redis_program(), "--version"], capture_output=True, text=True, check=True).stdout
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in VERSIONS)
    quick = " Short run: few rounds, rough figures." if progress.QUICK else ""
    return f"""# Measured {datetime.datetime.now(datetime.UTC):%Y-%m-%d}

{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}. Python {platform.python_version()}, \
PostgreSQL {database.version()} (durable, by Unix socket), Redis {redis.split("v=")[1].split()[0]} (by TCP). {versions}.

By `make bench`.{quick} Medians of interleaved rounds, each candidate once a round; a ratio is the median of the ratios
within each round. Other work on the machine moves microseconds, and ratios far less.
"""


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "A machine")
    except OSError:
        return platform.processor() or "A machine"


if __name__ == "__main__":
    sys.exit(main())
