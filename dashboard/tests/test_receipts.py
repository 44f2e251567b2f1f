"""A receipt in the security log: for whoever has the event, and no more of it than is their business."""

import pytest

from accounts import revocation
from accounts.models import Cause, Integration, Membership, Organisation, SecurityEvent
from accounts.revocation import Scope

pytestmark = pytest.mark.django_db
LOG = "/dashboard/security-log/"


def page_of(client, kind):
    return client.get(f"{LOG}{SecurityEvent.objects.get(kind=kind).pk}/").content.decode()


@pytest.fixture
def grant(world):
    grant = world.grant_of(world.connect(world.bob))
    revocation.revoke(Scope(grant=grant), cause=Cause.ENDED, reason="Not needed")
    return grant


def test_it_says_what_was_ended_and_how_often_and_from_where_it_was_tried_again(world, browser, grant):
    bob = browser(world.bob)
    assert "Nothing of what it ended has been tried again" in page_of(bob, "revoked")
    world.try_again(grant, 12, "<i>thief")
    page = page_of(bob, "revoked")
    for words in ("1 connected app", "Not needed", "Access token of Sync", "203.0.113.7", "12 times", "&lt;i&gt;thief"):
        assert words in page


def test_the_log_leads_there_from_both_events(world, browser, grant):
    world.try_again(grant, 12)
    bob = browser(world.bob)
    log = bob.get(LOG).content.decode()
    assert "An app that has not noticed the end tries again too" in log
    for event in SecurityEvent.objects.filter(kind__in=["revoked", "tried_again"]):
        assert f'href="{LOG}{event.pk}/"' in log
    assert "12 times" in page_of(bob, "tried_again")


@pytest.mark.parametrize("kind", ["revoked", "tried_again"])
def test_it_is_for_whoever_has_it_in_their_log(world, browser, grant, kind):
    world.try_again(grant, 12)
    url = f"{LOG}{SecurityEvent.objects.get(kind=kind).pk}/"
    answers = {user.name: browser(user).get(url).status_code for user in (world.alice, world.bob, world.mallory)}
    assert answers == {"Alice": 200, "Bob": 200, "Mallory": 404}


def test_an_event_that_ended_nothing_has_no_receipt(world, browser):
    bob = browser(world.bob)
    event = SecurityEvent.objects.get(kind="signed_in", user=world.bob)
    assert bob.get(f"{LOG}{event.pk}/").status_code == 404


def elsewhere(world):
    """A grant of Bob's in an organisation that Alice has nothing to do with."""
    theirs = Organisation.objects.create(name="Elsewhere")
    Membership.objects.create(user=world.bob, organisation=theirs, role="member")
    app, _ = world.integration("Secretive", ["authorization_code", "refresh_token"], ["https://app.example/callback"])
    Integration.objects.filter(pk=app.pk).update(organisation=theirs)
    app.refresh_from_db()
    return world.grant_of(world.connect(world.bob, app))


def test_an_owner_sees_of_a_members_end_what_concerns_their_organisation(world, browser):
    here, there = world.grant_of(world.connect(world.bob)), elsewhere(world)
    revocation.revoke(Scope(user=world.bob), cause=Cause.SIGNED_OUT_EVERYWHERE, reason="Between us")
    world.try_again(here)
    world.try_again(there)
    alices, bobs = (page_of(browser(user), "tried_again") for user in (world.alice, world.bob))
    assert ("Sync" in alices, "Secretive" in alices, "Between us" in alices) == (True, False, False)
    assert "Secretive" in bobs
