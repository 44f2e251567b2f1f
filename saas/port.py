"""`python -m saas.port`: prints the port that `make run` serves on, and refuses one that is not available, in one line.

Asked first, so that nobody reads the demo's accounts and an address that then does not answer.
"""

import socket
import sys

from saas import env

HOST = "127.0.0.1"


def main() -> None:
    try:
        port = env.number("PORT", 8000, least=1, most=65535)
    except env.Refused as refusal:
        sys.exit(f"Refused to start: {refusal}")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server will
        try:
            probe.bind((HOST, port))
        except OSError as error:
            sys.exit(f"Port {port} is not available: {error.strerror}. Name another: PORT={port % 65535 + 1} make run")
    sys.stdout.write(f"{port}\n")


if __name__ == "__main__":
    main()
