"""What changes who may do what takes its turn with revocations: before, and it is found, or after, and it is refused.

The pauses are inside the acts, where they have begun and have not been committed.
"""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import (
    clients,
    events,
    grants,
    keys,
    live_grants,
    members,
    ranks,
    remote_revocation,
    revocation,
    rotation,
    second_factors,
    tokens,
)
from accounts.grants import codes, devices
from accounts.models import Cause, Grant, Integration, Invitation, Membership, RevocationEntry, SigningKey, User
from accounts.revocation import Scope, ending, feed, turn
from accounts.tests.races import behind, in_flight, paused_before
from accounts.tests.world import CALLBACK, CHALLENGE, PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _key(db):
    keys.signing_key()  # so that no thread has to make one


SCOPES = {
    "an organisation": lambda world: Scope(organisation=world.acme),
    "a member's part in it": lambda world: Scope(user=world.bob, organisation=world.acme),
    "a user of an app": lambda world: Scope(user=world.bob, integration=world.pocket),
    "an app": lambda world: Scope(integration=world.pocket),
}


def by_code(world):
    return lambda: grants.agree(
        user=world.bob, integration=world.pocket, scopes=["profile"], redirect_uri=CALLBACK, code_challenge=CHALLENGE
    )


def by_device(world):
    code = devices.begin(world.pocket, ["profile"]).user_code
    return lambda: devices.decide(code, user=world.bob, agreed=True)


@pytest.mark.parametrize("which", SCOPES)
@pytest.mark.parametrize("consent", [by_code, by_device])
def test_a_consent_in_flight_is_found_by_every_revocation_that_covers_it(world, consent, which):
    agree = consent(world)
    with paused_before(events, "record") as pause:
        _, revoked = behind(agree, pause, lambda: revocation.revoke(SCOPES[which](world), cause=Cause.ENDED))
    assert revoked.codes == 1
    assert Grant.objects.get().ended_at is not None


def test_of_two_people_who_decide_about_a_device_one_is_first(world):
    code = devices.begin(world.pocket, ["profile"]).user_code
    by = lambda user: lambda: devices.decide(code, user=user, agreed=True)  # noqa: E731
    with paused_before(events, "record") as pause:
        _, second = behind(by(world.alice), pause, by(world.bob))
    assert isinstance(second, devices.UnknownUserCode)
    assert [grant.user for grant in Grant.objects.all()] == [world.alice]


def test_the_first_token_of_a_secret_that_is_being_ended_is_refused_with_a_lease_too(world):
    secret = world.export.secrets.get()
    with paused_before(tokens, "outstand") as pause:
        answer, _ = behind(
            world.own_tokens, pause, lambda: revocation.revoke(Scope(client_secret=secret), cause=Cause.ENDED)
        )
    claims = tokens.verify(answer["access_token"])
    assert not live_grants.stands(claims)
    assert RevocationEntry.objects.filter(kind="grant", subject=claims.grant_hex).exists()


def test_a_secret_that_has_ended_gets_no_first_token(world):
    known = clients.authenticate(str(world.export.pk), world.export_secret)
    revocation.revoke(Scope(client_secret=known.secret), cause=Cause.ENDED)
    with pytest.raises(grants.InvalidGrant):
        grants.own(known, ("profile",))
    assert not Grant.objects.exists()


def test_of_two_rotations_at_once_one_is_first():
    with paused_before(keys, "make") as pause:
        _, second = behind(rotation.publish, pause, rotation.publish)
    assert isinstance(second, rotation.RotationUnderWay)
    assert SigningKey.objects.count() == 2


def test_nobody_signs_on_with_a_key_that_they_read_while_it_was_being_revoked():
    kid = keys.signs_now().kid
    scope = Scope(signing_key=SigningKey.objects.get(pk=kid))
    with paused_before(ending, "_record") as pause:
        in_flight(lambda: revocation.revoke(scope, cause=Cause.ENDED), pause, keys.signs_now)
    assert keys.signs_now().kid != kid


def test_whoever_has_been_revoked_joins_nothing(world):
    invitation = members.invite(organisation=world.acme, email=world.mallory.email, role="admin", by=world.alice)
    token = re.search(r"/invitations/(\S+)/", mail.outbox[-1].body)[1]
    stale = User.objects.get(pk=world.mallory.pk)
    revocation.revoke(Scope(user=world.mallory), cause=Cause.SIGNED_OUT_EVERYWHERE)
    with pytest.raises(ranks.NotAllowed):
        members.accept(token, by=stale)
    assert Invitation.objects.pending().filter(pk=invitation.pk).exists()


def admin(world):
    Membership.objects.filter(user=world.bob).update(role="admin")
    return Membership.objects.get(user=world.bob)


def demoted(membership, by):
    return lambda: members.change_role(membership, "member", by=by)


@pytest.mark.parametrize("what", ["disable", "end_secret"])
def test_whoever_is_being_demoted_ends_no_integration(world, what):
    own = admin(world)
    acts = {
        "disable": lambda: clients.disable(world.export, by=world.bob),
        "end_secret": lambda: clients.end_secret(world.export.secrets.get(), by=world.bob),
    }
    with paused_before(events, "record") as pause:
        _, outcome = behind(demoted(own, world.alice), pause, acts[what])
    assert isinstance(outcome, ranks.NotAllowed)
    assert Integration.objects.live().filter(pk=world.export.pk).exists()
    assert world.export.secrets.live().exists()


def test_nor_does_their_token_reach_a_colleague(world):
    own = admin(world)
    claims = tokens.verify(world.connect(world.bob)["access_token"])
    demand = remote_revocation.Demand(claims=claims, named={"user": world.alice.pk})
    with paused_before(events, "record") as pause:
        _, outcome = behind(demoted(own, world.alice), pause, lambda: remote_revocation.revoke(demand))
    assert isinstance(outcome, remote_revocation.NotThere)


def test_an_admins_token_ends_nothing_of_an_owner_by_name(world):
    admin(world)
    claims = tokens.verify(world.connect(world.bob)["access_token"])
    with pytest.raises(remote_revocation.Outranked):
        remote_revocation.revoke(remote_revocation.Demand(claims=claims, named={"user": world.alice.pk}))
    own = tokens.verify(world.own_tokens()["access_token"])
    done = remote_revocation.revoke(remote_revocation.Demand(claims=own, named={"user": world.alice.pk}))
    assert done.user == world.alice


def test_somebody_whom_two_remove_at_once_is_removed_once(world):
    admin(world)
    first, second = (Membership.objects.get(user=world.bob) for _ in range(2))
    members.remove(first, by=world.alice)
    with pytest.raises(members.NoLongerMember):
        members.remove(second, by=world.alice)
    with pytest.raises(members.NoLongerMember):
        members.change_role(second, "member", by=world.alice)


def test_what_was_begun_before_a_second_factor_was_required_goes_no_further(world):
    TOTP.activate(world.alice, "JBSWY3DPEHPK3PXP")
    admin(world)
    agree, decide = by_code(world), by_device(world)
    second_factors.require(world.acme, True, by=world.alice)
    for act in (agree, decide, lambda: clients.create_secret(world.export, by=world.bob)):
        with pytest.raises(ranks.NotAllowed):
            act()
    TOTP.activate(world.bob, "JBSWY3DPEHPK3PXP")
    assert agree()


def test_a_consent_in_flight_when_one_is_required_ends_with_it(world):
    TOTP.activate(world.alice, "JBSWY3DPEHPK3PXP")
    with paused_before(codes.events, "record") as pause:
        behind(by_code(world), pause, lambda: second_factors.require(world.acme, True, by=world.alice))
    assert Grant.objects.get().ended_at is not None


@pytest.mark.parametrize("cause", [Cause.COMPROMISED, Cause.SIGNED_OUT_EVERYWHERE])
def test_an_address_that_is_being_confirmed_does_not_come_back(world, cause):
    client = Client()
    client.post("/accounts/login/", {"login": world.bob.email, "password": PASSWORD})
    client.post("/accounts/email/", {"action_add": "", "email": "thief@elsewhere.example"})
    link = re.search(r"http://[^/]+(/accounts/confirm-email/\S+)", mail.outbox[-1].body)[1]
    confirm = lambda: Client().post(link)  # noqa: E731
    with paused_before(revocation, "take_turn") as pause:
        in_flight(confirm, pause, lambda: revocation.revoke(Scope(user=world.bob), cause=cause))
    assert User.objects.get(pk=world.bob.pk).email == "bob@example.com"
    assert not EmailAddress.objects.filter(email="thief@elsewhere.example").exists()


def test_what_came_about_while_a_compromise_waited_for_its_turn_was_before_it(world):
    """Such as a passkey of the thief's."""
    moments = []

    @revocation.in_turn
    def act():
        events.record(events.Kind.SIGNED_IN)
        moments.append(timezone.now())

    with paused_before(events, "record") as pause:
        behind(act, pause, lambda: revocation.revoke(Scope(user=world.bob), cause=Cause.COMPROMISED))
    assert User.objects.get(pk=world.bob.pk).compromised_at > moments[0]


def test_what_ran_out_while_a_revocation_waited_for_its_turn_was_not_live(world):
    grant = by_code(world)() and Grant.objects.get()

    @revocation.in_turn
    def act():
        events.record(events.Kind.SIGNED_IN)
        Grant.objects.update(expires_at=timezone.now())

    with paused_before(events, "record") as pause:
        _, done = behind(act, pause, lambda: revocation.revoke(Scope(user=world.bob), cause=Cause.ENDED))
    assert (done.grants, done.codes) == (0, 0)
    grant.refresh_from_db()
    assert grant.expires_at < grant.ended_at <= done.at


def test_what_is_ended_while_the_triggers_are_laid_is_in_the_list(world, monkeypatch):
    monkeypatch.setattr(feed, "is_laid", lambda connection: False)
    lay = lambda: feed.lay(connection)  # noqa: E731
    ended = lambda: User.objects.filter(pk=world.bob.pk).update(is_active=False)  # noqa: E731
    with paused_before(feed, "_create") as pause:
        behind(lay, pause, ended)
    assert RevocationEntry.objects.filter(kind="user", subject=world.bob.pk.hex).exists()


def lost(times):
    """An act that the database ends for a deadlock so often, and how often it was tried."""
    tried = []

    @revocation.in_turn
    def act():
        tried.append(1)
        if len(tried) <= times:
            raise OperationalError("deadlock detected") from Deadlock()
        return "done"

    return act, tried


class Deadlock(Exception):
    sqlstate = turn.DEADLOCK


def test_what_takes_its_turn_is_done_again_after_a_deadlock(monkeypatch):
    monkeypatch.setattr(turn, "PAUSE", 0)
    act, tried = lost(times=2)
    assert act() == "done"
    assert len(tried) == 3


def test_but_not_within_somebody_elses_transaction_which_is_lost_as_a_whole():
    act, tried = lost(times=1)
    with pytest.raises(OperationalError), transaction.atomic():
        act()
    assert len(tried) == 1
