#!/usr/bin/env python
"""Django's command line, with one plain line instead of a traceback when a variable is wrong."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")
    try:
        from django.conf import settings
        from django.core.management import execute_from_command_line
    except ImportError as error:
        sys.exit(f"{error}. Run `make setup`, or `pip install -r requirements.txt`, first.")

    from saas import env

    try:
        settings.DEBUG  # noqa: B018  # the first look reads the settings, and with them the environment
    except env.Refused as refusal:
        sys.exit(f"Refused to start: {refusal}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
