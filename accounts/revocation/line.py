"""One connection to Redis that both speaks and listens. Every method returns or raises in time, whatever Redis does."""

import functools
from typing import Any

import redis
from django.conf import settings
from redis.maint_notifications import MaintNotificationsConfig

TIMEOUT = 0.25  # seconds that a Redis command may take
QUIET = MaintNotificationsConfig(enabled=False)  # nothing but messages and answers comes
Command = tuple[str, ...]


@functools.cache
def pool(url: str) -> redis.ConnectionPool:
    """Of this process, so that an announcement opens no connection. RESP 3: one connection both listens and speaks."""
    made = redis.ConnectionPool.from_url(url, protocol=3, maint_notifications_config=QUIET)
    # What a URL says of these would win, and is not asked: no revocation would be confirmed, or all would wait for it.
    made.connection_kwargs.update(protocol=3, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT)
    made.connection_kwargs.update(decode_responses=True, encoding="utf-8", encoding_errors="replace")
    made.connection_kwargs.update(health_check_interval=0)  # a PING would take another answer for its own
    return made


class Line:
    """One connection, without redis-py's client around it: that costs more than all the rest of hearing and answering,
    and eight workers that hear the same thing at the same moment share few cores."""

    def __init__(self) -> None:
        self._pool = pool(settings.REDIS_URL)
        self._connection: Any = self._pool.get_connection()

    def leave(self, channel: str, seconds: float) -> None:
        """Hears nothing more of that channel, and lets others have the line. Hangs up where Redis does not say so in
        time."""
        try:
            self.say(("UNSUBSCRIBE", channel))
            while (heard := self.hear(seconds)) is not None:
                if isinstance(heard, list) and heard[0] == "unsubscribe":
                    self._pool.release(self._connection)
                    return
        except (redis.RedisError, OSError):
            pass
        self.hang_up()

    def hang_up(self) -> None:
        """For when something may still be under way, or may never come."""
        self._connection.disconnect()
        self._pool.release(self._connection)

    def say(self, *commands: Command) -> None:
        """Sends them together. What is answered is heard as everything else is."""
        self._connection.send_packed_command(self._connection.pack_commands(commands))

    def hear(self, seconds: float) -> Any:
        """What comes next: an answer, or the list that Redis pushes for a message. None when nothing does in time."""
        try:
            return self._connection.read_response(timeout=seconds, disconnect_on_error=False, push_request=True)
        except redis.TimeoutError:
            return None
