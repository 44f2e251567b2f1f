"""The admin's own pages: axe finds no barrier, in both themes."""

import pytest

from accounts.models import User
from dashboard.tests.barriers import AXE

PAGES = ["", "accounts/user/", "accounts/user/{}/change/", "accounts/user/revoke/?ids={}", "accounts/session/"]
PAGES += ["accounts/revocation/", "accounts/securityevent/", "accounts/organisation/"]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_of_the_admin_has_a_barrier(world, window, theme):
    User.objects.filter(pk=world.alice.pk).update(is_staff=True, is_superuser=True)
    page = window(world.alice, color_scheme=theme, reduced_motion="reduce")
    for path in PAGES:
        page.goto("/admin/" + path.format(world.bob.pk))
        page.evaluate(AXE)
        found = page.evaluate("axe.run()")["violations"]
        page.allow("Applying inline style")  # axe's own, while it looks; the test below goes without it
        assert [f"{path}: {rule['help']}: {rule['nodes'][0]['html'][:200]}" for rule in found] == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_no_page_of_the_admin_breaks_the_policy_or_asks_another_host(world, window):
    User.objects.filter(pk=world.alice.pk).update(is_staff=True, is_superuser=True)
    page = window(world.alice)
    for path in PAGES:
        assert page.goto("/admin/" + path.format(world.bob.pk)).status == 200
