# The workflow, executable. Each target sets up all that it needs; `make` alone lists them.
# Three or more pytest workers gain nothing on two cores.
WORKERS ?= 2
PY := .venv/bin/python

.PHONY: help setup run demo check test screenshots lock
help:
	@echo "make run    serve on http://127.0.0.1:8000 (or PORT), with a demo organisation on an empty database"
	@echo "make demo   tell the whole story in the terminal"
	@echo "make test   all checks and all tests, on SQLite and on PostgreSQL with Redis"
	@echo "make check  format, lint, types, import rules, migrations"
	@echo "make screenshots    pictures of every page, into docs/screenshots"
	@echo "make bench  compare with the field, in Markdown (QUICK=1 for two minutes instead of fifteen)"
	@echo "make lock   pin requirements.in and requirements-dev.in anew"

setup: .venv/requirements

# Each set of requirements is installed once, and again when its pins change.
.venv/bin/python:
	@for python in $(if $(PYTHON),"$(PYTHON)",python3.11 python3.12 python3.13 python3.14 python3); do \
	  if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    exec "$$python" -m venv .venv; \
	  fi; \
	done; echo "Python 3.11 or later, with its venv module, was not found. Install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1

.venv/requirements: requirements.txt | .venv/bin/python
	@echo "Installing the pinned requirements into .venv ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/requirements-dev: requirements-dev.txt | .venv/requirements
	@echo "Installing what the tests need into .venv ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

run: setup
	@port=$$($(PY) -m saas.port) \
	  && $(PY) manage.py migrate --verbosity 0 \
	  && $(PY) manage.py demo --if-empty \
	  && exec $(PY) manage.py runserver 127.0.0.1:$$port

demo: setup
	@$(PY) -m saas.story

check: .venv/requirements-dev
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	DEBUG=true $(PY) -m mypy .
	.venv/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) -m pip check

test: check
	TEST_ON=sqlite $(PY) -m pytest -n $(WORKERS) -m 'not browser'  # a browser sees no difference: once is enough
	TEST_ON=postgresql $(PY) -m pytest -n $(WORKERS)

# Against a demo server of its own, which it starts and stops.
screenshots: .venv/requirements-dev
	@$(PY) -m saas.tests.screenshots

# A virtual environment of its own: the rivals are no business of the product's.
.venv-bench/requirements: requirements.txt benchmarks/requirements.txt | .venv/bin/python
	@echo "Installing the rivals into .venv-bench ..." >&2
	@$(PY) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r benchmarks/requirements.txt >&2
	@touch $@

bench: .venv-bench/requirements
	@BENCH_QUICK=$(QUICK) .venv-bench/bin/python -m benchmarks $(PARTS)

lock: .venv/requirements-dev
	$(PY) -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file=requirements.txt requirements.in
	$(PY) -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file=requirements-dev.txt requirements-dev.in
	$(PY) -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file=benchmarks/requirements.txt benchmarks/requirements.in
