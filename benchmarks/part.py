"""Runs one part in a process of its own: `python -m benchmarks.part authentication`. Prints its tables."""

import importlib
import sys

import django

if __name__ == "__main__":
    django.setup()
    importlib.import_module(f"benchmarks.{sys.argv[1]}").main()
