"""When a page went dark, by its own clock: whoever asks it from outside asks at intervals of up to half a second."""

from typing import Any

WATCH = """() => new MutationObserver(() => { window.darkAt ??= Date.now(); })
    .observe(document.documentElement, { attributeFilter: ["class"] })"""


def watch(page: Any) -> None:
    page.evaluate(WATCH)


def dark_at(page: Any) -> float:
    """Seconds, as of `time.time()`; waits until it is."""
    page.get_by_role("dialog").wait_for()
    return float(page.evaluate("window.darkAt")) / 1000
