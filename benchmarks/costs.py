"""How often a call asks: statements to the database and commands to Redis, counted where they leave."""

from collections.abc import Callable
from typing import Any
from unittest import mock

from django.db import connection
from redis.connection import AbstractConnection


def count(act: Callable[[], Any], calls: int = 10) -> tuple[float, float]:
    """SQL statements and Redis commands for one call, in the mean of several after the first."""
    act()
    statements, commands = 0, 0

    def counted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(sql, params, many, context)

    send: Any = AbstractConnection.send_packed_command

    def sent(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal commands
        commands += 1
        return send(self, *args, **kwargs)

    with connection.execute_wrapper(counted), mock.patch.object(AbstractConnection, "send_packed_command", sent):
        for _ in range(calls):
            act()
    return statements / calls, commands / calls
