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

    from django.db import OperationalError, ProgrammingError

    from saas import env

    if any(argument.encode("utf-8", "ignore").decode() != argument for argument in sys.argv):
        sys.exit("An argument is not UTF-8. Nothing was changed.")
    try:
        settings.DEBUG  # noqa: B018  # the first look reads the settings, and with them the environment
        execute_from_command_line(sys.argv)
    except env.Refused as refusal:
        sys.exit(f"Refused to start: {refusal}")
    except (OperationalError, ProgrammingError) as error:
        # Most often it does not answer, refuses the password, or is an empty one. The message holds no secret.
        message = str(error).splitlines()[0]
        is_empty = "no such table" in message or ("relation" in message and "does not exist" in message)
        remedy = ". Is it the right one? Then run: python manage.py migrate" if is_empty else ""
        sys.exit(f"The database (DATABASE_URL) cannot be used: {message}{remedy}")


if __name__ == "__main__":
    main()
