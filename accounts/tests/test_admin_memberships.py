"""Who belongs where, changed by an operator: on record, ended as it must be, and never without an owner."""

import pytest
from django.contrib.auth.models import Permission

from accounts import members, ranks
from accounts.models import Membership, Organisation, Revocation, SecurityEvent, User
from accounts.tests.world import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(world):
    """An operator, who is a member nowhere."""
    user = person("Olga")
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def admin(olga, browser):
    return browser(olga)


def save(admin, world, *rows, name="Acme"):
    """The organisation's page, with these memberships as (user, role) or (user, role, "DELETE")."""
    there = {row.user_id: row.pk for row in Membership.objects.filter(organisation=world.acme)}
    rows = sorted(rows, key=lambda row: row[0].pk not in there)
    fields = {"name": name, "memberships-TOTAL_FORMS": len(rows)}
    fields["memberships-INITIAL_FORMS"] = sum(row[0].pk in there for row in rows)
    for number, (user, role, *gone) in enumerate(rows):
        one = {"id": there.get(user.pk, ""), "organisation": world.acme.pk, "user": user.pk, "role": role}
        one |= {"DELETE": "on"} if gone else {}
        fields |= {f"memberships-{number}-{key}": str(value) for key, value in one.items()}
    return admin.post(f"/admin/accounts/organisation/{world.acme.pk}/change/", fields, follow=True)


def roles(world):
    return {row.user.email.split("@")[0]: row.role for row in Membership.objects.filter(organisation=world.acme)}


def logged():
    return list(SecurityEvent.objects.exclude(kind="signed_in").order_by("at").values_list("kind", flat=True))


def test_whoever_is_taken_out_there_is_removed_with_all_that_they_could_do(world, admin, browser):
    bob = browser(world.bob)
    grant = world.grant_of(world.connect(world.bob))
    save(admin, world, (world.alice, "owner"), (world.bob, "member", "DELETE"))
    grant.refresh_from_db()
    assert roles(world) == {"alice": "owner"}
    assert bob.get("/dashboard/").status_code == 302
    assert grant.ended_at
    assert Revocation.objects.get().reason == "Removed from Acme"
    assert SecurityEvent.objects.get(kind="member_removed").actor_label == "olga@example.com"


def test_a_role_changed_there_is_on_record(world, admin):
    save(admin, world, (world.alice, "owner"), (world.bob, "admin"))
    event = SecurityEvent.objects.get(kind="role_changed")
    assert (event.user, event.details) == (world.bob, {"before": "member", "role": "admin"})
    assert roles(world) == {"alice": "owner", "bob": "admin"}


def test_so_is_whoever_is_put_in(world, admin):
    save(admin, world, (world.alice, "owner"), (world.bob, "member"), (world.mallory, "admin"))
    assert SecurityEvent.objects.get(kind="member_joined").user == world.mallory
    assert roles(world)["mallory"] == "admin"


@pytest.mark.parametrize("act", [("member",), ("owner", "DELETE")])
def test_the_last_owner_stays_and_nothing_else_of_the_page_is_changed(world, admin, act):
    page = save(admin, world, (world.alice, *act), (world.bob, "admin"), name="Renamed").content.decode()
    assert "Acme would be left without an owner, so nothing was changed." in page
    assert roles(world) == {"alice": "owner", "bob": "member"}
    assert Organisation.objects.get().name == "Acme"
    assert not Revocation.objects.exists()
    assert "role_changed" not in logged()


def test_one_owner_hands_over_to_another_in_one_go(world, admin):
    save(admin, world, (world.alice, "member"), (world.bob, "owner"))
    assert roles(world) == {"alice": "member", "bob": "owner"}


def test_the_users_page_does_the_same(world, admin):
    row = Membership.objects.get(user=world.alice)
    one = {"id": row.pk, "user": world.alice.pk, "organisation": world.acme.pk, "role": "member"}
    fields = {"name": "Alice", "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 1}
    fields |= {f"memberships-0-{key}": str(value) for key, value in one.items()}
    page = admin.post(f"/admin/accounts/user/{world.alice.pk}/change/", fields, follow=True).content.decode()
    assert "Acme would be left without an owner" in page
    assert roles(world)["alice"] == "owner"


def test_a_membership_stays_that_of_the_same_two(world, admin):
    row = Membership.objects.get(user=world.bob)
    one = {"id": row.pk, "organisation": world.acme.pk, "user": world.mallory.pk, "role": "admin"}
    fields = {"name": "Acme", "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 1}
    fields |= {f"memberships-0-{key}": str(value) for key, value in one.items()}
    admin.post(f"/admin/accounts/organisation/{world.acme.pk}/change/", fields)
    row.refresh_from_db()
    assert (row.user, row.role) == (world.bob, "admin")


def test_a_second_factor_is_required_by_owners_alone(world, admin):
    fields = {"name": "Acme", "requires_mfa": "on", "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    admin.post(f"/admin/accounts/organisation/{world.acme.pk}/change/", fields)
    assert not Organisation.objects.get().requires_mfa


def test_an_operator_is_staff_who_may_change_memberships_and_still_in(world):
    bobs = Membership.objects.get(user=world.bob)
    world.mallory.user_permissions.add(Permission.objects.get(codename="change_membership"))
    for is_staff in (False, True):
        User.objects.filter(pk=world.mallory.pk).update(is_staff=is_staff)
        mallory = User.objects.get(pk=world.mallory.pk)
        if not is_staff:
            with pytest.raises(ranks.NotAllowed):
                members.change_role(bobs, "admin", by=mallory)
    members.change_role(bobs, "admin", by=mallory)
    User.objects.filter(pk=mallory.pk).update(is_active=False)
    for act in (
        lambda: members.change_role(bobs, "member", by=mallory),
        lambda: members.add(mallory, world.acme, "owner", by=mallory),
    ):
        with pytest.raises(ranks.NotAllowed):
            act()
