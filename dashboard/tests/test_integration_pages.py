"""Integrations, on their pages: who makes, changes and disables them, and what their secrets do."""

import pytest
from django.utils import timezone

from accounts import clients, live_grants, revocation, tokens
from accounts.models import Cause, Integration, SecurityEvent
from accounts.revocation import Scope
from accounts.tests.world import CALLBACK

pytestmark = pytest.mark.django_db


NEW = {"name": "Report", "grant_types": ["client_credentials"], "scopes": ["profile"], "redirect_uris": ""}


def test_a_new_integration_shows_its_secret_once(world, browser):
    alice = browser(world.alice)
    page = alice.post("/dashboard/integrations/", {**NEW, "organisation": world.acme.pk}).content.decode()
    assert "pc_secret_" in page
    row = Integration.objects.get(name="Report")
    assert "pc_secret_" not in alice.get(f"/dashboard/integrations/{row.pk}/").content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", "a\0b"),
        ("organisation", "x"),
        ("organisation", "00000000-0000-4000-8000-000000000000"),
        ("grant_types", ["password"]),
        ("grant_types", []),
        ("grant_types", ["refresh_token"]),
        ("scopes", ["everything"]),
        ("scopes", []),
        ("redirect_uris", "http://evil.example/"),
        ("redirect_uris", "https://a.example/#x"),
        ("redirect_uris", "https://a.example/*"),
        ("redirect_uris", "javascript:alert(1)"),
        ("redirect_uris", "https://u@a.example/"),
        ("redirect_uris", "https://[a.example/"),
        ("redirect_uris", "nonsense"),
    ],
)
def test_a_form_that_is_wrong_names_the_field_and_creates_nothing(world, browser, field, value):
    before = Integration.objects.count()
    answer = browser(world.alice).post("/dashboard/integrations/", {**NEW, "organisation": world.acme.pk, field: value})
    assert answer.status_code == 400
    assert field in answer.context["form"].errors
    assert Integration.objects.count() == before


def test_members_neither_see_nor_create_nor_manage_integrations(world, browser):
    bob = browser(world.bob)
    assert "Sync" not in bob.get("/dashboard/integrations/").content.decode()
    assert bob.post("/dashboard/integrations/", {**NEW, "organisation": world.acme.pk}).status_code == 400
    for path in ("", "secrets/", "disable/"):
        method = bob.post if path else bob.get
        assert method(f"/dashboard/integrations/{world.sync.pk}/{path}").status_code == 404


def test_a_secret_is_rotated_without_a_moment_without_one(world, browser):
    alice, old = browser(world.alice), world.export.secrets.get()
    base = f"/dashboard/integrations/{world.export.pk}/secrets/"
    assert "pc_secret_" in alice.post(base).content.decode()
    assert "End the old one first" in alice.post(base, follow=True).content.decode()
    alice.post(f"{base}{old.pk}/end/")
    assert world.export.secrets.live().count() == 1


def test_ending_a_secret_says_first_whether_it_is_used_and_whether_it_is_the_last(world, browser):
    alice, old = browser(world.alice), world.export.secrets.get()
    base = f"/dashboard/integrations/{world.export.pk}/secrets/"
    page = alice.get(f"{base}{old.pk}/end/").content.decode()
    assert "Never used." in page
    assert "This is the last one: the integration gets no more tokens." in page
    alice.post(base)
    clients.authenticate(str(world.export.pk), world.export_secret)
    page = alice.get(f"{base}{old.pk}/end/").content.decode()
    assert "Last used " in page
    assert "last one" not in page
    assert world.export.secrets.live().count() == 2
    alice.post(f"{base}{old.pk}/end/")
    assert "Ended already" in alice.get(f"{base}{old.pk}/end/", follow=True).content.decode()


def test_a_disabled_integration_gets_no_secret(world, browser):
    revocation.revoke(Scope(integration=world.export), cause=Cause.ENDED)
    answer = browser(world.alice).post(f"/dashboard/integrations/{world.export.pk}/secrets/", follow=True)
    assert "takes no more secrets" in answer.content.decode()
    assert not world.export.secrets.live().exists()


def test_a_public_integration_gets_no_secret(world, browser):
    answer = browser(world.alice).post(f"/dashboard/integrations/{world.pocket.pk}/secrets/", follow=True)
    assert "has no secrets" in answer.content.decode()


def test_a_disabled_integration_says_so(world, browser):
    alice, own = browser(world.alice), world.own_tokens()
    page = alice.post(f"/dashboard/integrations/{world.export.pk}/disable/", follow=True).content.decode()
    assert "Disabled" in page
    assert not tokens.is_live(tokens.verify(own["access_token"]))


def test_integrations_are_paged(world, browser):
    fields = {"organisation": world.acme, "created_by": world.alice}
    Integration.objects.bulk_create(Integration(name=f"App {n:03}", **fields) for n in range(117))
    alice = browser(world.alice)
    pages = [alice.get(f"/dashboard/integrations/?page={number}").content.decode() for number in (1, 2, 3, 4)]
    assert [page.count('class="what"') for page in pages] == [50, 50, 20, 0]
    assert "120 OAuth clients" in pages[0]
    assert "Page 3 of 3" in pages[2]
    assert "Back to the first page" in pages[3]
    assert "<details open>" in alice.get("/dashboard/integrations/?new=yes").content.decode()
    assert "<details>" in pages[0]


def test_a_new_address_needs_no_new_integration(world, browser):
    alice, path = browser(world.alice), f"/dashboard/integrations/{world.sync.pk}/change/"
    had = world.connect(world.bob)
    assert b"https://sync.example/callback" in alice.get(path).content
    answer = alice.post(path, {"name": "Sync 2", "redirect_uris": "https://sync.example/v2\nhttps://sync.example/v2"})
    assert answer["Location"] == f"/dashboard/integrations/{world.sync.pk}/"
    world.sync.refresh_from_db()
    assert (world.sync.name, world.sync.redirect_uris) == ("Sync 2", ["https://sync.example/v2"])
    assert live_grants.stands(tokens.verify(had["access_token"]))
    event = SecurityEvent.objects.get(kind="integration_changed")
    assert (event.actor, event.details["before"]["name"]) == (world.alice, "Sync")


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"name": "Sync", "redirect_uris": ""}, "needs an address to come back to"),
        ({"name": "Sync", "redirect_uris": "http://sync.example/"}, "must start with https://"),
        ({"name": "Sy\u202enc", "redirect_uris": "https://sync.example/"}, "characters that can be seen"),
    ],
)
def test_an_integration_is_not_changed_into_what_it_may_not_be(world, browser, sent, why):
    answer = browser(world.alice).post(f"/dashboard/integrations/{world.sync.pk}/change/", sent)
    assert answer.status_code == 400
    assert why in answer.content.decode()
    world.sync.refresh_from_db()
    assert (world.sync.name, world.sync.redirect_uris) == ("Sync", [CALLBACK])


def test_a_disabled_one_is_not_changed_and_a_member_changes_none(world, browser):
    path = f"/dashboard/integrations/{world.sync.pk}/change/"
    assert browser(world.bob).get(path).status_code == 404
    Integration.objects.filter(pk=world.sync.pk).update(disabled_at=timezone.now())
    browser(world.alice).post(path, {"name": "Other", "redirect_uris": CALLBACK})
    world.sync.refresh_from_db()
    assert world.sync.name == "Sync"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"grant_types": ["password"]}, "grant_types"),
        ({"grant_types": []}, "grant_types"),
        ({"grant_types": ["refresh_token"]}, "grant_types"),
        ({"grant_types": ["client_credentials"], "is_confidential": False}, "grant_types"),
        ({"scopes": ["everything:write"]}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"name": "x" * 101}, "name"),
        ({"name": ""}, "name"),
        ({"redirect_uris": []}, "redirect_uris"),
    ],
)
def test_the_heart_makes_no_integration_that_the_form_would_refuse(world, wrong, field):
    right = {"name": "N", "is_confidential": True, "grant_types": ["authorization_code"], "scopes": ["profile"]}
    right["redirect_uris"] = [CALLBACK]
    with pytest.raises(clients.BadIntegration) as refused:
        clients.create_integration(organisation=world.acme, by=world.alice, **{**right, **wrong})
    assert refused.value.field == field
