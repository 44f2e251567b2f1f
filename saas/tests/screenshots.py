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
# Days of a life, told in one go: the demo is a minute old.
AGED = """
from datetime import timedelta
from django.utils import timezone
from accounts.models import *
now = timezone.now()
places = ["81.2.69.142", "89.160.20.112", "2.125.160.216"]
for n, row in enumerate(Session.objects.filter(user__email="alice@acme.example").order_by("-created_at")[1:]):
    seen, since = now - timedelta(minutes=[9, 50, 38][n % 3]), now - timedelta(hours=[5, 20, 22][n % 3])
    Session.objects.filter(pk=row.pk).update(created_at=since, last_seen_at=seen, ip_address=places[n % 3])
for n, row in enumerate(SecurityEvent.objects.order_by("-at")):
    SecurityEvent.objects.filter(pk=row.pk).update(at=now - timedelta(hours=n * n), ip_address=places[n % 3])
Membership.objects.update(created_at=now - timedelta(days=40))
for n, number in enumerate([120, 80, 95, 310, 280, 190, 20, 15, 260, 240, 330, 300, 180, 90]):
    for row in Integration.objects.all():
        UsageDay.objects.create(integration=row, day=now.date() - timedelta(days=n), requests=number * 13)
"""
TABLET = "Mozilla/5.0 (Linux; Android 15; SM-X910) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"


def main() -> None:
    only = set(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="portcullis-") as folder, story.serve(Path(folder)) as (env, base):
        demo = json.loads(story.manage(env, "demo", "--json"))
        _live_a_little(demo, base)
        chromium = Chromium()
        try:
            state = _sign_in(chromium, demo["users"][0], base)
            story.manage(env, "shell", "-c", AGED)
            for theme in THEMES:
                for width in WIDTHS:
                    _take(chromium, demo, base, {"color_scheme": theme}, width, state, only)
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


def _sign_in(chromium: Chromium, user: dict[str, Any], base: str) -> Any:
    """The cookies of one sign-in, for all the pictures."""
    page = chromium.open(base_url=base)
    page.goto("/accounts/login/")
    page.fill("[name=login]", user["email"])
    page.fill("[name=password]", user["password"])
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/dashboard/")
    state = page.context.storage_state()
    page.context.close()
    return state


def _take(
    chromium: Chromium, demo: dict[str, Any], base: str, look: dict[str, str], width: int, state: Any, only: set[str]
) -> None:
    look = {"base_url": base, "viewport": {"width": width, "height": WIDTHS[width]}, "reduced_motion": "reduce", **look}
    suffix = f"{width}-{look['color_scheme']}"
    page = chromium.open(**look)
    for name, path in pages.OUT.items():
        _shoot(page, name, path, suffix, only)
    page.context.close()
    page = chromium.open(storage_state=state, **look)
    places = {**_places(demo), **_places_of_members(page)}
    for name, path in pages.IN.items():
        _shoot(page, name, path.format(**places), suffix, only)
    page.context.close()


def _places_of_members(page: Any) -> dict[str, str]:
    page.goto("/dashboard/members/")
    organisation = page.url.split("/organisations/")[1].split("/")[0]
    page.get_by_label("Manage bob").click()
    page.wait_for_load_state()
    return {"organisation": organisation, "member": page.url.rstrip("/").rpartition("/")[2]}


def _shoot(page: Any, name: str, path: str, suffix: str, only: set[str]) -> None:
    if only and name not in only:
        return
    page.goto(path)
    page.screenshot(path=FOLDER / f"{name}-{suffix}.png", full_page=True, animations="disabled")


def _places(demo: dict[str, Any]) -> dict[str, str]:
    sync = next(client for client in demo["clients"] if client["client_secret"] and client["redirect_uris"])
    query = f"response_type=code&client_id={sync['client_id']}&redirect_uri={sync['redirect_uris'][0]}&scope=profile"
    consent = f"/oauth/authorize?{query}&state=x&code_challenge={'A' * 43}&code_challenge_method=S256"
    return {"integration": sync["client_id"], "consent": consent}


if __name__ == "__main__":
    main()
