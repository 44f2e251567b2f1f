"""Invited by mail, given a role, removed: who may do what to whom, and that an owner always stays."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts import members, ranks, tokens
from accounts.models import Invitation, Membership, Session, User
from accounts.tests.world import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def adam(world):
    user = person("Adam")
    Membership.objects.create(user=user, organisation=world.acme, role="admin")
    return user


def invite(world, by=None, email="carol@example.com", role="member"):
    """The link's secret, as the mail brings it."""
    members.invite(organisation=world.acme, email=email, role=role, by=by or world.alice)
    return mail.outbox[-1].body.split("/invitations/")[1].split("/")[0]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """A test's transaction never commits; its mails are sent as if it had."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda act, *args, **kwargs: act())


def of(user, world):
    return Membership.objects.get(user=user, organisation=world.acme)


def test_the_invited_joins_with_the_role_once(world):
    token, carol = invite(world, role="admin"), person("Carol")
    assert members.accept(token, by=carol).role == "admin"
    with pytest.raises(members.UnknownInvitation):
        members.accept(token, by=carol)


def test_the_links_secret_is_nowhere_in_the_database(world):
    token = invite(world)
    row = Invitation.objects.get()
    assert token.startswith("pc_invite_")
    assert token not in str(vars(row))


def test_it_is_for_the_address_it_was_sent_to(world):
    token = invite(world)
    with pytest.raises(members.WrongAddress):
        members.accept(token, by=world.mallory)
    assert not Membership.objects.filter(user=world.mallory).exists()


def test_it_runs_out_after_seven_days(world):
    token = invite(world)
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)), pytest.raises(members.UnknownInvitation):
        members.find(token)


def test_a_second_invitation_replaces_the_first(world):
    first, second = invite(world), invite(world)
    with pytest.raises(members.UnknownInvitation):
        members.find(first)
    assert members.find(second).email == "carol@example.com"


def test_withdrawn_it_opens_nothing(world):
    token = invite(world)
    for _ in range(2):
        members.withdraw(world.acme, Invitation.objects.get().pk, by=world.alice)
    with pytest.raises(members.UnknownInvitation):
        members.find(token)


@pytest.mark.parametrize("change", [{"role": "member"}, {"is_active": False}, None])
def test_it_is_worth_what_its_author_is(world, adam, change):
    token = invite(world, by=adam)
    if change is None:
        Membership.objects.filter(user=adam).delete()
    elif "role" in change:
        Membership.objects.filter(user=adam).update(**change)
    else:
        User.objects.filter(pk=adam.pk).update(**change)
    with pytest.raises(members.UnknownInvitation):
        members.find(token)


@pytest.mark.parametrize("token", ["", "x", "\0", "\ud800", "x" * 5000])
def test_junk_opens_nothing(world, token):
    with pytest.raises(members.UnknownInvitation):
        members.find(token)


def test_a_member_is_not_invited_again(world):
    with pytest.raises(members.AlreadyMember):
        invite(world, email=world.bob.email.upper())


def test_only_so_many_may_be_pending(world, monkeypatch):
    monkeypatch.setattr(members, "MOST_PENDING", 2)
    for number in range(2):
        invite(world, email=f"c{number}@example.com")
    with pytest.raises(members.TooManyInvitations):
        invite(world, email="one-more@example.com")


@pytest.mark.parametrize(("by", "role"), [("bob", "member"), ("mallory", "member"), ("adam", "owner")])
def test_who_may_not_invite(world, adam, by, role):
    with pytest.raises(ranks.NotAllowed):
        invite(world, by=adam if by == "adam" else getattr(world, by), role=role)
    assert mail.outbox == []


def test_admins_touch_no_owner_and_make_none(world, adam):
    for act in (
        lambda: members.change_role(of(world.alice, world), "member", by=adam),
        lambda: members.change_role(of(world.bob, world), "owner", by=adam),
        lambda: members.change_role(of(adam, world), "owner", by=adam),
        lambda: members.remove(of(world.alice, world), by=adam),
    ):
        with pytest.raises(ranks.NotAllowed):
            act()
    assert of(world.alice, world).role == "owner"


def test_the_last_owner_can_be_neither_demoted_nor_removed_nor_leave(world):
    alices = of(world.alice, world)
    with pytest.raises(members.LastOwner):
        members.change_role(alices, "member", by=world.alice)
    with pytest.raises(members.LastOwner):
        members.remove(alices, by=world.alice)
    members.change_role(of(world.bob, world), "owner", by=world.alice)
    members.change_role(of(world.alice, world), "member", by=world.bob)
    assert of(world.alice, world).role == "member"


def test_an_owner_who_was_deactivated_does_not_count(world):
    members.change_role(of(world.bob, world), "owner", by=world.alice)
    User.objects.filter(pk=world.bob.pk).update(is_active=False)
    with pytest.raises(members.LastOwner):
        members.change_role(of(world.alice, world), "admin", by=world.alice)


def test_removed_all_of_theirs_ends_and_nobody_elses(world, browser):
    bob, alice = browser(world.bob), browser(world.alice)
    his, hers = world.connect(world.bob), world.connect(world.alice)
    expected = members.revocation.preview(members.scope_of(of(world.bob, world)))
    removed = members.remove(of(world.bob, world), by=world.alice)
    assert (removed.revocation.sessions, removed.revocation.grants) == (expected.sessions, expected.grants) == (1, 1)
    assert [client.get("/dashboard/").status_code for client in (bob, alice)] == [302, 200]
    assert [tokens.is_live(tokens.verify(had["access_token"])) for had in (his, hers)] == [False, True]
    assert not Session.objects.filter(user=world.bob).exists()


def test_the_mail_names_the_inviter_and_carries_no_link_but_ours(world, settings):
    world.alice.name = "Win a prize\r\nhttps://evil.example/ www.evil.example"
    world.alice.save()
    invite(world)
    urls = re.findall(r"https?://\S+", mail.outbox[-1].body)
    assert all(url.startswith(settings.ISSUER) for url in urls)
    assert "evil.example" not in mail.outbox[-1].body
    assert "\n" not in mail.outbox[-1].subject
