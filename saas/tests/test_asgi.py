"""A body that is longer than any of ours is cut off as it comes, under an ASGI server too."""

import asyncio

from asgiref.sync import async_to_sync

from saas.asgi import application


def post(chunks):
    """What is sent back to a POST of so many chunks of a megabyte, and how many of them were read."""
    sent, read = [], []

    async def receive():
        read.append(1)
        if len(read) > chunks:
            await asyncio.Event().wait()  # nothing more comes
        return {"type": "http.request", "body": b"x" * 1_000_000, "more_body": len(read) < chunks}

    async def send(event):
        sent.append(event)

    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/healthz"}
    scope |= {"raw_path": b"/healthz", "query_string": b"", "headers": [(b"host", b"localhost")], "scheme": "http"}
    async_to_sync(application)(scope, receive, send)
    return sent, len(read)


def test_it_is_413_before_the_rest_has_been_read():
    sent, read = post(chunks=300)
    assert sent[0]["status"] == 413
    assert read < 5


def test_a_short_one_is_answered():
    sent, _ = post(chunks=1)
    assert sent[0]["status"] in {200, 405}
