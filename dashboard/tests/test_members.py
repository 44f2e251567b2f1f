"""The members' pages and the link of an invitation: asked by GET, acted by POST, few statements for many people."""

import re
from urllib.parse import urlsplit

import pytest
from django.core import mail

from accounts import members as rules
from accounts.models import Invitation, Membership, User
from accounts.tests.world import PASSWORD, person

pytestmark = pytest.mark.django_db
MANY = 10_000


def page_of(organisation, rest=""):
    return f"/dashboard/organisations/{organisation.pk}/members/{rest}"


def invite(world, browser, email="carol@example.com", role="member"):
    return browser(world.alice).post(page_of(world.acme), {"email": email, "role": role})


@pytest.fixture
def link(world, browser, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        invite(world, browser)
    return urlsplit(re.search(r"http\S+/invitations/\S+", mail.outbox[-1].body).group()).path


def test_ten_thousand_members_are_one_statement_a_page(world, browser, django_assert_max_num_queries):
    people = User.objects.bulk_create(User(email=f"{n:05}@example.com", password="!") for n in range(MANY))
    Membership.objects.bulk_create(Membership(user=user, organisation=world.acme) for user in people)
    alice = browser(world.alice)
    with django_assert_max_num_queries(4):
        text = alice.get(page_of(world.acme)).content.decode()
    assert text.count('class="what"') == 50
    assert f"{MANY + 2:,} members" in text
    assert "Page 1 of 201" in text
    assert "09990@example.com" in alice.get(page_of(world.acme, "?page=200")).content.decode()
    assert alice.get(page_of(world.acme, "?q=07777@")).content.decode().count('class="what"') == 1


@pytest.mark.parametrize("q", ["", "%00", "%", "x" * 5000, "<b>", "'"])
def test_a_search_for_anything_is_a_page(world, browser, q):
    assert browser(world.bob).get(page_of(world.acme, f"?q={q}&page={q}")).status_code == 200


def test_members_see_who_else_is_there_and_manage_nobody(world, browser):
    bob = browser(world.bob)
    assert "alice@example.com" in bob.get(page_of(world.acme)).content.decode()
    assert bob.get(page_of(world.acme, f"{world.alice.pk}/")).status_code == 404
    assert bob.post(page_of(world.acme, f"{world.alice.pk}/remove/")).status_code == 404
    bob.post(page_of(world.acme), {"email": "carol@example.com", "role": "member"})
    assert not Invitation.objects.exists()


def test_strangers_see_nothing(world, browser):
    mallory = browser(world.mallory)
    for rest in ("", f"{world.bob.pk}/"):
        assert mallory.get(page_of(world.acme, rest)).status_code == 404
    assert mallory.get("/dashboard/members/").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"), [("email", ""), ("email", "x"), ("email", "a\0b@x.example"), ("role", "god"), ("role", "")]
)
def test_a_wrong_invitation_names_the_field_and_sends_nothing(world, browser, field, value):
    answer = browser(world.alice).post(
        page_of(world.acme), {"email": "carol@example.com", "role": "member", field: value}
    )
    assert answer.status_code == 400
    assert field in answer.context["form"].errors
    assert not Invitation.objects.exists()


def test_opening_the_link_changes_nothing_so_that_scanners_may(world, client, link):
    for _ in range(3):
        assert "Join Acme?" in client.get(link).content.decode()
    assert client.head(link).status_code == 200
    assert Invitation.objects.pending().exists()


def test_the_invited_signs_up_with_that_address_and_joins(world, client, link):
    where = client.post(link, {"enter": "sign-up"})["Location"]
    form = {"email": "carol@example.com", "password1": "a phrase of her own", "password2": "a phrase of her own"}
    answer = client.post(where, {**form, "next": link})
    assert answer["Location"] == link
    assert client.post(link, follow=True).status_code == 200
    memberships = Membership.objects.filter(user__email="carol@example.com")
    assert [(row.organisation, row.role) for row in memberships] == [(world.acme, "member")]


def test_the_links_word_for_an_address_is_good_for_no_other(world, client, link):
    where = client.post(link, {"enter": "sign-up"})["Location"]
    form = {"email": "mal@example.com", "password1": "a phrase of her own", "password2": "a phrase of her own"}
    client.post(where, {**form, "next": link})
    assert client.get("/dashboard/").status_code == 302


def test_somebody_with_an_account_signs_in_and_joins(world, client, link):
    carol = person("Carol")
    where = client.post(link, {"enter": "sign-in"})["Location"]
    client.post(where, {"login": carol.email, "password": PASSWORD, "next": link})
    client.post(link)
    assert Membership.objects.get(user=carol).organisation == world.acme
    assert "opens nothing" in client.get(link).content.decode()


def test_signed_in_as_somebody_else_one_does_not_join(world, browser, link):
    mallory = browser(world.mallory)
    assert "You are signed in as mallory" in mallory.get(link).content.decode()
    mallory.post(link)
    assert not Membership.objects.filter(user=world.mallory).exists()
    assert Invitation.objects.pending().exists()


@pytest.mark.parametrize("token", ["x", "%00", "0" * 3000, "pc_invite_x"])
def test_a_made_up_link_says_so(world, client, token):
    assert client.get(f"/invitations/{token}/").status_code == 404
    assert client.post(f"/invitations/{token}/").status_code == 404


def test_removing_says_what_ends_in_numbers_and_shows_the_receipt(world, browser):
    browser(world.bob)
    world.bob.sessions.update(streams=1)
    world.connect(world.bob)
    alice, bobs = browser(world.alice), page_of(world.acme, f"{world.bob.pk}/")
    assert "1 session and 1 connected app" in alice.get(bobs).content.decode()
    receipt = alice.post(f"{bobs}remove/").content.decode()
    assert "1 session and 1 connected app; 1 open page went dark" in receipt
    assert "alice@example.com" in receipt
    again = alice.post(f"{bobs}remove/", follow=True).content.decode()
    assert "nothing was left to end" in again


def test_the_last_owner_is_told_why_not(world, browser):
    alice, hers = browser(world.alice), page_of(world.acme, f"{world.alice.pk}/")
    for rest, fields in (("", {"role": "member"}), ("remove/", {})):
        assert "keeps an owner" in alice.post(f"{hers}{rest}", fields, follow=True).content.decode()
    assert rules.Membership.objects.get(user=world.alice).role == "owner"


def test_the_last_owner_is_offered_nothing_that_would_be_refused(world, browser):
    alice, hers = browser(world.alice), page_of(world.acme, f"{world.alice.pk}/")
    page = alice.get(hers).content.decode()
    assert ("Leave, and end it" in page, "Change the role" in page) == (False, False)
    assert "Make another member an owner first" in page
    Membership.objects.filter(user=world.bob).update(role="owner")
    page = alice.get(hers).content.decode()
    assert ("Leave, and end it" in page, "Change the role" in page) == (True, True)


def test_names_with_markup_or_other_directions_are_text(world, browser):
    User.objects.filter(pk=world.bob.pk).update(name="\u202e<script>alert(1)</script>")
    text = browser(world.alice).get(page_of(world.acme)).content.decode()
    assert "<script>alert" not in text
    assert "<bdi>" in text
