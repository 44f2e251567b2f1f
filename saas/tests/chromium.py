"""A real Chromium for tests and screenshots: the one on the PATH, or Playwright's own.

Playwright lives in a thread with an event loop of its own. In the test's thread its synchronous API would leave a
running loop behind, in which Django refuses to touch a database; here the test's thread never has one.
"""

import asyncio
import inspect
import os
import shutil
import threading
from typing import Any

from playwright.async_api import Error, async_playwright

NAMES = ["chromium", "google-chrome", "google-chrome-stable", "chromium-browser", "chrome"]
FLAGS = ["--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
HOW = "Install one (Debian: apt-get install chromium), or: .venv/bin/python -m playwright install chromium"


class NoBrowser(Exception):
    """Neither a Chromium on the PATH nor one of Playwright's. Says how to get one."""


class Waited:
    """Something of Playwright's, each call to which is made on its loop, and waited for."""

    def __init__(self, thing: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._thing, self._loop = thing, loop

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._thing, name)
        if inspect.ismethod(value):
            return lambda *args, **kwargs: self._call(value, args, kwargs)
        return _wrapped(value, self._loop)

    def _call(self, method: Any, args: Any, kwargs: Any) -> Any:
        async def call() -> Any:
            plain = [_plain(arg) for arg in args]
            result = method(*plain, **{name: _plain(arg) for name, arg in kwargs.items()})
            return await result if inspect.isawaitable(result) else result

        return _wrapped(asyncio.run_coroutine_threadsafe(call(), self._loop).result(60), self._loop)


def _plain(thing: Any) -> Any:
    return thing._thing if isinstance(thing, Waited) else thing


def _wrapped(value: Any, loop: asyncio.AbstractEventLoop) -> Any:
    if isinstance(value, list):
        return [_wrapped(item, loop) for item in value]
    return Waited(value, loop) if type(value).__module__.startswith("playwright.") else value


class Chromium:
    """One browser, until `close()`. `open` gives a window with cookies of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="playwright", daemon=True)
        self._thread.start()
        self._playwright = self._wait(async_playwright().start())
        try:
            self._browser = self._wait(self._playwright.chromium.launch(**_options()))
        except Error as error:
            self.close()
            raise NoBrowser(f"{str(error).splitlines()[0]} {HOW}") from None

    def open(self, **options: Any) -> Any:
        """A page in a fresh context; options are those of Playwright's `browser.new_context`."""
        context = Waited(self._wait(self._browser.new_context(**options)), self._loop)
        return context.new_page()

    def close(self) -> None:
        if hasattr(self, "_browser"):
            self._wait(self._browser.close())
        self._wait(self._playwright.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _wait(self, awaitable: Any) -> Any:
        async def wait() -> Any:
            return await awaitable

        return asyncio.run_coroutine_threadsafe(wait(), self._loop).result(60)


def _options() -> dict[str, Any]:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": program, "args": FLAGS + as_root, "chromium_sandbox": not as_root}
