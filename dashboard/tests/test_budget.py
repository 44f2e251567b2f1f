"""Every address of the house is a page with a budget, or shows a person nothing: found from the URLconf."""

import gzip
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, get_resolver, resolve
from django.utils.html import strip_tags

from dashboard.tests.pages import ELSEWHERE, PAGES
from dashboard.tests.places import Places, lived_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("dashboard.tests.urls")]


@pytest.fixture
def places(world):
    return Places(lived_in(world))


def addresses(resolver=None, before="") -> Iterator[tuple[str, str | None]]:
    """Route and name of each address; Django's admin is looked at by itself."""
    for part in (resolver or get_resolver("saas.urls")).url_patterns:
        route = before + str(part.pattern).removeprefix("^")
        if hasattr(part, "url_patterns"):
            yield from addresses(part, route) if getattr(part, "namespace", "") != "admin" else ()
        else:
            yield route, part.name


def test_every_address_is_a_page_with_a_budget_or_shows_a_person_nothing(places):
    listed = {route_of(places.fill(page.path)) for page in PAGES.values()}
    owner, unknown = places.browser("owner"), []
    for route, name in addresses():
        if route not in listed and name not in ELSEWHERE:
            answer = owner.get("/" + example_of(route))
            is_page = answer.content and "html" in answer["Content-Type"]
            unknown += [route] if is_page or answer.status_code in {301, 302} else []
    assert unknown == [], "Name it in dashboard/tests/pages.py"
    assert set(ELSEWHERE) <= {name for _, name in addresses()}


def route_of(path):
    try:
        return resolve(path.partition("?")[0]).route
    except Resolver404:  # as is meant
        return ""


def example_of(route):
    ids = {"uuid": str(uuid.uuid4()), "int": "1", "str": "x"}
    return re.sub(r"<(\w+):\w+>", lambda match: ids[match[1]], route)


@pytest.mark.parametrize("name", PAGES)
def test_it_costs_under_five_statements_and_sixty_kilobytes(places, name):
    page = PAGES[name]
    client = places.browser(page.who)
    with CaptureQueriesContext(connection) as asked:
        answer = places.open(page, client)
    assert answer.status_code == page.status, answer
    assert heading_of(answer) == places.fill(page.heading)
    assert page.sends is not None or len(asked) <= page.statements, "\n".join(one["sql"] for one in asked)
    assert weight_of(answer.content) < 60_000


def heading_of(answer) -> str:
    return strip_tags(re.search("<h1>(.*?)</h1>", answer.content.decode())[1]).strip()


def weight_of(html: bytes) -> int:
    """Bytes, compressed, with all that it names. That a browser loads nothing else is seen in test_for_everybody.py."""
    paths = set(re.findall(r'(?:src|href)="/static/([^"]+)"', html.decode()))
    files = [Path(str(finders.find(path))).read_bytes() for path in paths]
    return sum(len(gzip.compress(body)) for body in (html, *files))
