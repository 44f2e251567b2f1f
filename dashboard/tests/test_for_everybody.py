"""Every page, in both themes, narrow and wide: axe finds no barrier, nothing sticks out, nothing is too heavy."""

import gzip
import re
from urllib.parse import urlsplit

import pytest
from django.core import mail

from accounts import members, notices
from dashboard.tests import pages
from dashboard.tests.barriers import barriers
from dashboard.tests.places import places

MOST = 60_000  # bytes of HTML, CSS and scripts together, compressed
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def lived_in(world, browser):
    browser(world.alice)
    for app in (world.sync, world.pocket):
        world.connect(world.alice, app)


def invitation(world):
    members.invite(organisation=world.acme, email="nora@example.com", role="member", by=world.alice)
    return re.search(r"/invitations/\S+/", mail.outbox[-1].body).group()


# What axe finds depends on the theme and hardly on the width: two of the four ways are looked at, all are measured.
@pytest.mark.parametrize(("theme", "width", "other_width"), [("light", 360, 1600), ("dark", 1600, 360)])
def test_no_page_has_a_barrier_or_sticks_out(world, window, browser, theme, width, other_width):
    lived_in(world, browser)
    look = {"viewport": {"width": width, "height": 900}, "color_scheme": theme, "reduced_motion": "reduce"}
    out, alice = window(**look), window(world.alice, **look)
    visits = [(out, path) for path in pages.OUT.values()]
    visits += [(alice, path.format(**places(world))) for path in pages.IN.values()]
    visits += [(out, invitation(world)), (out, urlsplit(notices.not_me_link(world.bob, "new_sign_in")).path)]
    visits += [(alice, path) for path in ("/accounts/reauthenticate/", "/oauth/device", "/accounts/logout/")]
    for page, path in visits:
        page.goto(path)
        page.allow("404")
        assert barriers(page, (theme,)) == []
        for pixels in (width, other_width):
            page.set_viewport_size({"width": pixels, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= pixels, path
        page.set_viewport_size(look["viewport"])


def test_no_page_is_heavy(world, window, browser):
    lived_in(world, browser)
    page = window(world.alice)
    page.goto("/dashboard/")
    seen = "performance.getEntriesByType('resource').map(entry => entry.name)"
    for path in pages.IN.values():
        page.goto(path.format(**places(world)), wait_until="load")
        urls = [page.url, *(url for url in page.evaluate(seen) if "/static/" in url)]
        bodies = [page.request.get(url).body() for url in urls]
        assert sum(len(gzip.compress(body)) for body in bodies) < MOST, path
