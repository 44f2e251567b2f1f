"""`make screenshots`: every page, narrow and wide, light and dark, against a demo server of its own.

The pictures go to docs/screenshots/. Git keeps a few of them, named in docs/screenshots/README.md; the rest are for
looking at.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from dashboard.tests import pages
from saas import story
from saas.browser import Browser, ThirdParty
from saas.tests.chromium import Chromium

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "screenshots"
WIDTHS = {360: 760, 1600: 1000}
THEMES = ["light", "dark"]
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1"
TABLET = "Mozilla/5.0 (Linux; Android 15; SM-X910) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"


def main() -> None:
    only = set(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="portcullis-") as folder, story.serve(Path(folder)) as (env, base):
        demo = json.loads(story.manage(env, "demo", "--json"))
        _live_a_little(demo, base)
        chromium = Chromium()
        try:
            for theme in THEMES:
                for width in WIDTHS:
                    _take(chromium, demo, base, theme, width, only)
        finally:
            chromium.close()
    print(f"Written to {FOLDER}.")


def _live_a_little(demo: dict[str, Any], base: str) -> None:
    """Something to see: sessions of several browsers, connected apps, a failed sign-in."""
    alice = demo["users"][0]
    for agent in (PHONE, TABLET, story.FIREFOX):
        browser = Browser(base, agent)
        browser.sign_in(alice["email"], alice["password"])
    for client in demo["clients"]:
        if client["redirect_uris"]:
            ThirdParty(base, client).connect(browser)
    Browser(base, "curl/8.5").sign_in(alice["email"], "a guess")


def _take(chromium: Chromium, demo: dict[str, Any], base: str, theme: str, width: int, only: set[str]) -> None:
    size = {"width": width, "height": WIDTHS[width]}
    page = chromium.open(base_url=base, viewport=size, color_scheme=theme, reduced_motion="reduce")
    for name, path in pages.OUT.items():
        _shoot(page, name, path, theme, width, only)
    alice = demo["users"][0]
    page.goto("/accounts/login/")
    page.fill("[name=login]", alice["email"])
    page.fill("[name=password]", alice["password"])
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/dashboard/")
    page.goto("/dashboard/members/")
    organisation = page.url.split("/organisations/")[1].split("/")[0]
    page.get_by_label("Manage bob").click()
    page.wait_for_load_state()
    member = page.url.rstrip("/").rpartition("/")[2]
    places = {**_places(demo), "organisation": organisation, "member": member}
    for name, path in pages.IN.items():
        _shoot(page, name, path.format(**places), theme, width, only)
    page.context.close()


def _shoot(page: Any, name: str, path: str, theme: str, width: int, only: set[str]) -> None:
    if only and name not in only:
        return
    page.goto(path)
    page.screenshot(path=FOLDER / f"{name}-{width}-{theme}.png", full_page=True, animations="disabled")


def _places(demo: dict[str, Any]) -> dict[str, str]:
    sync = next(client for client in demo["clients"] if client["client_secret"] and client["redirect_uris"])
    query = f"response_type=code&client_id={sync['client_id']}&redirect_uri={sync['redirect_uris'][0]}&scope=profile"
    consent = f"/oauth/authorize?{query}&state=x&code_challenge={'A' * 43}&code_challenge_method=S256"
    return {"integration": sync["client_id"], "consent": consent}


if __name__ == "__main__":
    main()
