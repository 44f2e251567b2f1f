"""What somebody has begun dies with them: a new address, an invitation, a consent, a passkey that signs in by itself.

Whoever had an account for a minute would otherwise come back by what they left there.
"""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import (
    clients,
    credentials,
    grants,
    live_grants,
    members,
    ranks,
    remote_revocation,
    revocation,
    second_factors,
    tokens,
)
from accounts.grants import devices
from accounts.models import Cause, ClientSecret, Grant, Invitation, Revocation, Session, User
from accounts.revocation import Scope
from accounts.sessions import SessionStore
from accounts.tests.races import in_flight, paused_before
from accounts.tests.world import CALLBACK, CHALLENGE, PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = "thief@elsewhere.example"
WHOLE = [Cause.SIGNED_OUT_EVERYWHERE, Cause.COMPROMISED, Cause.DEACTIVATED]


def end(user, cause=Cause.COMPROMISED):
    return revocation.revoke(Scope(user=user), cause=cause)


@pytest.fixture
def in_hand(world):
    """A browser in which Bob has signed in just now: nobody asks who he is before he changes something."""
    client = Client()
    client.post("/accounts/login/", {"login": world.bob.email, "password": PASSWORD})
    return client


def ask_for(client, address=OTHER):
    return client.post("/accounts/email/", {"action_add": "", "email": address})


def links():
    return re.findall(r"http://[^/]+(/accounts/confirm-email/\S+)", "".join(sent.body for sent in mail.outbox))


@pytest.mark.parametrize("cause", WHOLE)
def test_an_address_that_was_not_confirmed_yet_takes_no_account(world, in_hand, cause):
    ask_for(in_hand)
    (link,) = links()
    end(world.bob, cause)
    Client().post(link)
    assert User.objects.get(pk=world.bob.pk).email == "bob@example.com"
    assert list(EmailAddress.objects.filter(user=world.bob).values_list("email", "verified")) == [
        ("bob@example.com", True)
    ]


def test_nor_does_one_after_a_change_of_password(world, in_hand):
    ask_for(in_hand)
    (link,) = links()
    credentials.change_password(world.bob, "a quite new phrase")
    Client().post(link)
    assert User.objects.get(pk=world.bob.pk).email == "bob@example.com"


def test_an_address_asked_for_in_flight_is_mailed_no_link(world, in_hand):
    with paused_before(credentials, "check_new_address") as pause:
        answer = in_flight(lambda: ask_for(in_hand), pause, lambda: end(world.bob))
    assert answer.status_code == 403
    assert not links()
    assert not EmailAddress.objects.filter(email=OTHER).exists()


def test_an_address_of_somebody_who_has_not_signed_up_to_the_end_stays(world):
    EmailAddress.objects.filter(user=world.bob).update(verified=False)
    end(world.bob)
    assert EmailAddress.objects.filter(user=world.bob, verified=False).exists()


def invited(world):
    members.invite(organisation=world.acme, email=OTHER, role="admin", by=world.alice)
    return re.search(r"/invitations/(\S+)/", mail.outbox[-1].body)[1]


@pytest.mark.parametrize("cause", WHOLE)
def test_an_invitation_of_somebody_who_was_not_themselves_opens_nothing(world, cause):
    token = invited(world)
    end(world.alice, cause)
    User.objects.filter(pk=world.alice.pk).update(is_active=True)
    if cause == Cause.SIGNED_OUT_EVERYWHERE:
        assert members.find(token).email == OTHER
    else:
        with pytest.raises(members.UnknownInvitation):
            members.find(token)


def test_an_invitation_in_flight_is_not_made(world):
    alice = User.objects.get(pk=world.alice.pk)
    asked = lambda: members.invite(organisation=world.acme, email=OTHER, role="admin", by=alice)  # noqa: E731
    with paused_before(members, "invite") as pause:
        answer = in_flight(asked, pause, lambda: end(world.alice))
    assert isinstance(answer, ranks.NotAllowed)
    assert not Invitation.objects.exists()


def acting(user, browser):
    """The user as a request has them that this browser's session has let in."""
    browser(user)
    found = User.objects.get(pk=user.pk)
    found.acting_in = Session.objects.filter(user=user).latest("created_at")
    return found


def consent(world, user):
    return grants.agree(
        user=user, integration=world.sync, scopes=["profile"], redirect_uri=CALLBACK, code_challenge=CHALLENGE
    )


def test_of_a_session_that_has_ended_nobody_agrees_and_nobody_gets_a_secret(world, browser):
    alice = acting(world.alice, browser)
    device = devices.begin(world.pocket, ["profile"])
    revocation.revoke(Scope(session=alice.acting_in), cause=Cause.ENDED)
    before = ClientSecret.objects.count()
    world.alice = alice
    for act in (
        lambda: consent(world, alice),
        lambda: devices.decide(device.user_code, user=alice, agreed=True),
        lambda: clients.create_secret(world.export, by=alice),
        lambda: world.integration("Late", ["client_credentials"], []),
        lambda: members.invite(organisation=world.acme, email=OTHER, role="admin", by=alice),
    ):
        with pytest.raises(ranks.NotAllowed):
            act()
    assert (Grant.objects.count(), ClientSecret.objects.count(), Invitation.objects.count()) == (0, before, 0)


def test_consent_in_flight_is_worth_nothing_once_its_session_has_ended(world, browser):
    alice = acting(world.alice, browser)
    with paused_before(grants, "agree") as pause:
        ending = lambda: revocation.revoke(Scope(session=alice.acting_in), cause=Cause.ENDED)  # noqa: E731
        answer = in_flight(lambda: consent(world, alice), pause, ending)
    assert isinstance(answer, ranks.NotAllowed)
    assert not Grant.objects.exists()


def test_a_request_knows_the_session_that_let_it_in(world, browser):
    key = browser(world.alice).cookies["sessionid"].value
    user = SessionStore(key).user
    assert user.acting_in.pk == Session.objects.get(user=user).pk
    assert User.objects.get(pk=user.pk).acting_in is None


def test_a_token_that_has_been_revoked_meanwhile_revokes_nothing(world):
    claims = tokens.verify(world.connect(world.bob)["access_token"])
    demand = remote_revocation.Demand(claims=claims, named={"user": world.alice.pk})
    end(world.bob)
    assert not live_grants.stands(claims)
    with pytest.raises(remote_revocation.NoLonger):
        remote_revocation.revoke(demand)
    assert not Revocation.objects.filter(user=world.alice).exists()


def test_a_passkey_of_before_is_a_second_step_and_no_way_in_by_itself(world):
    def passkey(**ago):
        made = Authenticator.objects.create(user=world.bob, type="webauthn", data={})
        Authenticator.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(**ago))
        return Authenticator.objects.get(pk=made.pk)

    old = passkey(days=90)
    assert second_factors.signs_in_alone(old)
    end(world.bob, Cause.SIGNED_OUT_EVERYWHERE)
    assert second_factors.signs_in_alone(Authenticator.objects.get(pk=old.pk))
    end(world.bob)
    assert not second_factors.signs_in_alone(Authenticator.objects.get(pk=old.pk))
    assert not second_factors.signs_in_alone(passkey(seconds=0))  # from a request in flight
    assert second_factors.signs_in_alone(passkey(minutes=-2))
    assert second_factors.has_one(world.bob)


def test_that_it_was_compromised_is_not_undone_by_whoever_read_the_user_before(world):
    stale = User.objects.get(pk=world.bob.pk)
    end(world.bob)
    stale.name = "Robert"
    stale.save()
    assert User.objects.get(pk=world.bob.pk).compromised_at is not None


def test_an_address_that_was_not_confirmed_goes_with_all_other_browsers(world, in_hand):
    ask_for(in_hand)
    revocation.revoke(Scope(user=world.bob, only_sessions=True), cause=Cause.ENDED)
    assert not EmailAddress.objects.filter(email=OTHER).exists()
