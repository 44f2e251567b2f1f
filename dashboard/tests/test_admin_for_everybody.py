"""The admin, each page that its URLconf has: axe finds no barrier, in both themes, and nothing sticks out.

On the way a breach of the policy, or a request to another host, fails the test (conftest.py).
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib import admin
from django.urls import reverse

from accounts import revocation
from accounts.models import Cause, User
from accounts.revocation import Scope
from dashboard.tests.barriers import barriers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Addresses that show no page, and where they lead a person instead.
ELSEWHERE = {
    "login": "to the way in that everybody takes",
    "logout": "to the way in, by POST",
    "autocomplete": "to what a field offers, as JSON",
    "jsi18n": "to a script",
    "view_on_site": "to a row's own address, which none has",
    None: "to an address as it was of old, or to 404",
}


@pytest.fixture
def administrator(world):
    """Alice, who may do everything, and a row of everything to do it with."""
    User.objects.filter(pk=world.alice.pk).update(is_staff=True, is_superuser=True)
    TOTP.activate(world.bob, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    world.connect(world.bob)
    ended = world.grant_of(world.connect(world.bob, world.pocket))
    revocation.revoke(Scope(grant=ended), cause=Cause.ENDED, by=world.alice)
    return User.objects.get(pk=world.alice.pk)


def addresses(user: User) -> Iterator[str]:
    for pattern in admin.site.get_urls():
        name = getattr(pattern, "name", None)
        if name == "app_list":
            labels = {model._meta.app_label for model in admin.site._registry}
            yield from (reverse("admin:app_list", args=[label]) for label in sorted(labels))
        elif name not in ELSEWHERE:
            yield reverse(f"admin:{name}")
    for model_admin in admin.site._registry.values():
        yield from of_model(model_admin, user)


def of_model(model_admin: "admin.ModelAdmin[Any]", user: User) -> Iterator[str]:
    """All but what nobody may do by hand."""
    request: Any = SimpleNamespace(user=user)
    may = {"add": model_admin.has_add_permission(request), "delete": model_admin.has_delete_permission(request)}
    row = model_admin.model._default_manager.earliest("pk")
    for pattern in model_admin.get_urls():
        if pattern.name in ELSEWHERE or not may.get(pattern.name.rpartition("_")[2], True):
            continue
        args = [row.pk] if "object_id" in str(pattern.pattern) else []
        named = {"revoke": f"?ids={row.pk}", "done": f"?from={row.pk}&to={row.pk}"}
        yield reverse(f"admin:{pattern.name}", args=args) + named.get(pattern.name.rpartition("_")[2], "")


def wrong_with(page: Any) -> list[str]:
    found = []
    for width in (1600, 360):
        page.set_viewport_size({"width": width, "height": 900})
        is_wide = page.evaluate("document.documentElement.scrollWidth") > width
        found += [f"{page.url} sticks out at {width}"] if is_wide else []
        # Without looking into style sheets by itself: it asks for those that one imports at a wrong address.
        found += [f"{width}: {barrier}" for barrier in barriers(page, preload=False)]
    page.allow("Applying inline style")  # axe's own, while it looks
    return found


# In two halves, so that two workers share them.
@pytest.mark.parametrize("half", [0, 1])
def test_no_page_of_the_admin_has_a_barrier_or_sticks_out(administrator, window, half):
    page, found = window(administrator, reduced_motion="reduce"), []
    for path in list(addresses(administrator))[half::2]:
        assert page.goto(path).status == 200, path
        found += wrong_with(page)
    assert not found, "\n".join(found)


def test_nor_has_what_a_button_shows(administrator, world, window):
    page, found = window(administrator, reduced_motion="reduce"), []

    page.goto("/admin/accounts/user/add/")
    page.click("text=Save and continue editing")
    page.locator(".errornote").wait_for()
    found += wrong_with(page)

    page.goto("/admin/accounts/grant/")
    page.check("tr:first-child .action-select")
    page.select_option("select[name=action]", "end")
    page.click("text=Go")
    page.locator("text=This is what will end").wait_for()
    found += wrong_with(page)

    page.goto("/admin/mfa/authenticator/")
    page.check("#action-toggle")
    page.select_option("select[name=action]", "delete_selected")
    page.click("text=Go")
    page.locator("text=Are you sure").wait_for()
    found += wrong_with(page)

    page.goto(f"/admin/accounts/user/revoke/?ids={world.bob.pk},{administrator.pk}")
    page.locator("text=You are among them").wait_for()
    found += wrong_with(page)

    page.goto(f"/admin/accounts/user/revoke/?ids={world.bob.pk},{world.mallory.pk}")
    page.click("text=Revoke now")
    page.locator("text=In force since").wait_for()
    found += wrong_with(page)
    assert not found, "\n".join(found)
