"""`make screenshots`: every page, narrow and wide, light and dark, against a demo server of its own.

The pictures go to docs/screenshots/. Git keeps a few of them, named in docs/screenshots/README.md; the rest are for
looking at.
"""

import json
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

from dashboard.tests.pages import PAGES
from dashboard.tests.visits import visit
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
# The browsers of the pages, in the server's own database: their cookies, and what the addresses are filled in with.
PLACES = """
import json
from types import SimpleNamespace
from django.test.utils import setup_test_environment
from accounts.models import *
from accounts.tests.world import person
from dashboard.tests.places import BROWSERS, Places
setup_test_environment()
people = {user["role"]: User.objects.get(email=user["email"]) for user in demo["users"]}
sync = next(client for client in demo["clients"] if client["client_secret"] and client["redirect_uris"])
world = SimpleNamespace(alice=people["owner"], bob=people["member"], mallory=person("Mallory"))
world.acme, world.sync = Organisation.objects.get(), Integration.objects.get(pk=sync["client_id"])
places = Places(world, {user["email"]: user["password"] for user in demo["users"]}, sync["redirect_uris"][0])
cookies = {who: {c.key: c.value for c in places.browser(who).cookies.values() if c.value} for who in BROWSERS}
for jar in cookies.values():
    jar.pop("messages", None)  # "Signed in", once
print(json.dumps({"cookies": cookies, "names": {name: str(value) for name, value in places.names.items()}}))
"""
TABLET = "Mozilla/5.0 (Linux; Android 15; SM-X910) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"


def main() -> None:
    only = set(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="portcullis-") as folder, story.serve(Path(folder)) as (env, base):
        demo = json.loads(story.manage(env, "demo", "--json"))
        _live_a_little(demo, base)
        seen = json.loads(story.manage(env, "shell", "-c", f"demo = {demo!r}\n{PLACES}").splitlines()[-1])
        story.manage(env, "shell", "-c", AGED)
        chromium = Chromium()
        try:
            _take(chromium, base, seen, only)
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


def _take(chromium: Chromium, base: str, seen: dict[str, Any], only: set[str]) -> None:
    """Each page once, in its four looks; what goes wrong is at the tests' own addresses."""
    tabs: dict[str, Any] = {}
    for name, page in PAGES.items():
        if (only and name not in only) or page.path.startswith("/wrong/"):
            continue
        if page.who not in tabs:
            tabs[page.who] = chromium.open(base_url=base, reduced_motion="reduce")
            cookies = seen["cookies"][page.who].items()
            tabs[page.who].context.add_cookies([{"name": key, "value": value, "url": base} for key, value in cookies])
        tab = tabs[page.who]
        visit(tab, page, lambda text: text.format(**seen["names"]))
        for theme, (width, height) in product(THEMES, WIDTHS.items()):
            tab.emulate_media(color_scheme=theme)
            tab.set_viewport_size({"width": width, "height": height})
            tab.screenshot(path=FOLDER / f"{name}-{width}-{theme}.png", full_page=True, animations="disabled")
    for tab in tabs.values():
        tab.context.close()


if __name__ == "__main__":
    main()
