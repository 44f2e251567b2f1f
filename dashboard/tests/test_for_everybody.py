"""Every page, in both themes, narrow and wide: axe finds no barrier, nothing sticks out, nothing unnamed is loaded."""

import pytest

from dashboard.tests.barriers import barriers
from dashboard.tests.pages import PAGES
from dashboard.tests.places import Places, lived_in, with_long_names
from dashboard.tests.visits import visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.urls("dashboard.tests.urls")]
UNNAMED = """() => {
    const named = [...document.querySelectorAll("[src], [href]")].map((part) => part.src || part.href);
    const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
    return loaded.filter((url) => url.includes("/static/") && !named.includes(url));
}"""


# In two halves, so that two workers share them. What axe finds hardly depends on the width.
@pytest.mark.parametrize("half", [0, 1])
def test_no_page_has_a_barrier_sticks_out_or_loads_what_it_does_not_name(world, window, half):
    places, tabs, found = with_long_names(Places(lived_in(world))), {}, []
    for name, page in list(PAGES.items())[half::2]:
        if page.who not in tabs:
            tabs[page.who] = window(as_=places.browser(page.who), reduced_motion="reduce")
        tab = tabs[page.who]
        visit(tab, page, places.fill)
        tab.allow(f"status of {page.status}")
        found += [f"{name} loads {url}" for url in tab.evaluate(UNNAMED)]
        for width in (1600, 360):
            tab.set_viewport_size({"width": width, "height": 900})
            is_wide = tab.evaluate("document.documentElement.scrollWidth") > width
            found += [f"{name} sticks out at {width}"] if is_wide else []
        found += barriers(tab)
    assert not found, "\n".join(found)
