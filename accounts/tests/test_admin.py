"""The administrator's door: signed in through allauth, sees what will end, ends it, sees what ended."""

import re
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.utils import timezone

from accounts import revocation
from accounts.admin import revoking
from accounts.models import Cause, Grant, Integration, Revocation, Session, SigningKey, User, Worker
from accounts.revocation import Scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(world, browser):
    User.objects.filter(pk=world.alice.pk).update(is_staff=True, is_superuser=True)
    return browser(world.alice)


REVOKE = "/admin/accounts/user/revoke/"


def revoke_url(*users):
    return f"{REVOKE}?ids={ids(*users)}"


def ids(*users):
    return ",".join(str(user.pk) for user in users)


def revoke(admin, *users, cause="compromised", reason="", follow=True):
    return admin.post(REVOKE, {"ids": ids(*users), "cause": cause, "reason": reason}, follow=follow)


def chosen(admin, model, action, *keys, **more):
    """The answer to an action on these rows."""
    return admin.post(f"/admin/accounts/{model}/", {"action": action, "_selected_action": list(keys), **more})


def end(admin, model, key, reason=""):
    return admin.post(f"/admin/accounts/{model}/revoke/", {"ids": key, "reason": reason}, follow=True)


def limited(world, browser, *codenames):
    """Bob, who is staff, and may do this much."""
    User.objects.filter(pk=world.bob.pk).update(is_staff=True)
    world.bob.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return browser(world.bob)


def test_whoever_is_not_staff_is_sent_away(world, browser, client):
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")
    assert browser(world.bob).get("/admin/", follow=True).status_code == 403


def test_the_confirmation_says_what_will_end_and_ends_nothing(world, admin, browser):
    browser(world.bob)
    world.connect(world.bob)
    page = re.sub(' data-label="[^"]*"', "", admin.get(revoke_url(world.bob)).content.decode())
    assert re.search('bob@example.com<span class="quiet">Bob</span><span class="quiet">Last sign-in .* UTC', page)
    assert "</th><td>1</td><td>1</td><td>0</td><td>0</td>" in page
    assert Session.objects.filter(user=world.bob).exists()


def test_of_several_it_counts_the_total(world, admin, browser):
    for user in (world.bob, world.mallory):
        browser(user)
    page = re.sub(' data-label="[^"]*"', "", admin.get(revoke_url(world.bob, world.mallory)).content.decode())
    assert '<th scope="row">All 2</th><td>2</td>' in page


@pytest.mark.django_db(transaction=True)
def test_the_act_ends_it_and_the_result_says_what_ended(world, admin, browser):
    bob = browser(world.bob)
    world.connect(world.bob)
    page = revoke(admin, world.bob, reason="Stolen").content.decode()
    row = Revocation.objects.get()
    assert "Access revoked: bob@example.com" in page
    assert f"In force since {row.at:%H:%M:%S} UTC: no server process accepts it any more." in page
    assert "was mailed to bob@example.com" in page
    assert f"/admin/accounts/revocation/{row.pk}/change/" in page
    assert f"/admin/accounts/user/{world.bob.pk}/change/" in page
    assert bob.get("/dashboard/").status_code == 302
    assert (row.actor, row.reason, row.sessions, row.grants) == (world.alice, "Stolen", 1, 1)


@pytest.mark.django_db(transaction=True)
def test_to_look_at_the_result_again_ends_nothing_again(world, admin):
    answer = revoke(admin, world.bob, world.mallory, follow=False)
    assert (answer.status_code, len(mail.outbox)) == (302, 2)
    for _ in range(2):
        page = admin.get(answer["Location"]).content.decode()
        assert "Access revoked: 2 people" in page
        assert "bob@example.com" in page
        assert "mallory@example.com" in page
    assert (Revocation.objects.count(), len(mail.outbox)) == (2, 2)


def test_the_result_is_for_who_did_it_and_for_who_may_see_all(world, admin, browser):
    other = revoke(admin, world.mallory, follow=False)["Location"]
    bob = limited(world, browser, "change_user")
    own = revoke(bob, world.mallory, follow=False)["Location"]
    assert [bob.get(own).status_code, bob.get(other).status_code, admin.get(own).status_code] == [200, 403, 200]


@pytest.mark.parametrize("query", ["", "from=x&to=y", "from=%00", f"from={'0' * 32}&to={'0' * 32}"])
def test_the_result_of_no_act_is_nowhere(admin, query):
    assert admin.get(f"/admin/accounts/revocation/done/?{query}").status_code in {400, 404}


def test_the_action_takes_any_number_of_users_to_the_end(world, admin):
    User.objects.bulk_create(User(email=f"u{number:03}@example.com", password="!") for number in range(500))
    crowd = list(User.objects.filter(email__startswith="u"))
    page = chosen(admin, "user", "revoke_access", crowd[0].pk, select_across=1).content.decode()
    asked = re.search('name="ids" value="([^"]*)"', page)[1]
    assert {str(user.pk) for user in crowd} < set(asked.split(","))
    asked = ",".join(key for key in asked.split(",") if key != str(world.alice.pk))
    answer = admin.post(REVOKE, {"ids": asked, "cause": "signed_out_everywhere"})
    assert len(answer["Location"]) < 200
    assert "u499@example.com" in admin.get(answer["Location"]).content.decode()
    assert Revocation.objects.count() == 502


def test_all_receipts_of_one_act_share_one_patience(world, admin, monkeypatch):
    """A clock of our own: each receipt takes 4 of the 10 seconds."""
    Worker.objects.create(name="web-1:7", lease_seconds=0.01, seen_at=timezone.now())
    clock, given, really = SimpleNamespace(now=0.0), [], revocation.revoke

    def revoke_slowly(*args, **kwargs):
        given.append(kwargs["patience"])
        clock.now += 4
        return really(*args, **kwargs)

    monkeypatch.setattr(revoking, "clock", lambda: clock.now)
    monkeypatch.setattr(revocation, "revoke", revoke_slowly)
    people = [User.objects.create_user(f"u{number}@example.com") for number in range(5)]
    revoke(admin, *people)
    assert given == [10, 6, 2, 0, 0]


def test_who_is_among_them_is_told_and_is_ended_last(world, admin):
    assert "You are among them" not in admin.get(revoke_url(world.bob)).content.decode()
    assert "You are among them" in admin.get(revoke_url(world.alice, world.bob)).content.decode()
    answer = revoke(admin, world.alice, world.bob, follow=False)
    assert answer.status_code == 302
    assert [row.user for row in Revocation.objects.order_by("at")] == [world.bob, world.alice]
    assert admin.get(answer["Location"])["Location"].startswith("/admin/login/")


def test_so_is_who_ends_the_session_that_they_are_in(world, admin):
    own = Session.objects.get(user=world.alice)
    assert "You are among them" in chosen(admin, "session", "end", own.pk).content.decode()


def test_the_users_page_has_the_button(world, admin):
    assert revoke_url(world.bob) in admin.get(f"/admin/accounts/user/{world.bob.pk}/change/").content.decode()


def test_the_users_page_says_what_they_have(world, admin, browser):
    browser(world.bob)
    world.connect(world.bob)
    page = admin.get(f"/admin/accounts/user/{world.bob.pk}/change/").content.decode()
    assert "has now: 1 session and 1 connected app; no second factor." in page


def test_from_the_first_page_it_is_a_search_and_a_link(world, admin):
    assert '<form class="find" action="/admin/accounts/user/"' in admin.get("/admin/").content.decode()
    assert revoke_url(world.bob) in admin.get("/admin/accounts/user/?q=bob").content.decode()


def test_who_may_not_end_it_is_shown_no_way_there(world, browser):
    bob = limited(world, browser, "view_user")
    for page in ("", "accounts/user/", f"accounts/user/{world.alice.pk}/change/"):
        text = bob.get(f"/admin/{page}").content.decode()
        assert "Revoke access" not in text
        assert "End somebody" not in text


@pytest.mark.parametrize("junk", ["", "x", "\0", "a,b,,", "00000000-0000-4000-8000-000000000000"])
def test_ids_that_are_nobodys_are_404_and_change_nothing(admin, junk):
    assert admin.post(REVOKE, {"ids": junk, "cause": "compromised"}).status_code == 404
    assert not Revocation.objects.exists()


def test_an_unknown_cause_changes_nothing_and_is_named(world, admin):
    page = revoke(admin, world.bob, cause="whim").content.decode()
    assert "whim is not one of the available choices" in page
    assert not Revocation.objects.exists()


def test_staff_without_the_permission_may_not(world, browser):
    User.objects.filter(pk=world.bob.pk).update(is_staff=True)
    assert revoke(browser(world.bob), world.alice).status_code == 403


def test_staff_cannot_make_themselves_superuser(world, browser):
    User.objects.filter(pk=world.bob.pk).update(is_staff=True)
    world.bob.user_permissions.add(*Permission.objects.filter(codename__endswith="_user"))
    bob = browser(world.bob)
    fields = {"name": "Bob", "is_superuser": "on", "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    bob.post(f"/admin/accounts/user/{world.bob.pk}/change/", fields)
    assert not User.objects.get(pk=world.bob.pk).is_superuser


def test_a_user_deleted_by_the_admin_is_out_and_on_record(world, admin, browser):
    bob = browser(world.bob)
    admin.post(f"/admin/accounts/user/{world.bob.pk}/delete/", {"post": "yes"})
    assert bob.get("/dashboard/").status_code == 302
    assert Revocation.objects.get().reason == "Account deleted"


def test_a_user_added_by_the_admin_has_no_password_and_comes_in_by_a_reset(admin):
    fields = {"email": "New@Example.com", "name": "New", "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    assert admin.post("/admin/accounts/user/add/", fields).status_code == 302
    assert not User.objects.get(email="new@example.com").has_usable_password()


def test_sessions_and_grants_are_ended_from_their_lists(world, admin, browser):
    browser(world.bob)
    world.connect(world.bob)
    session, grant = Session.objects.get(user=world.bob), Grant.objects.get()
    for model, row in (("session", session), ("grant", grant)):
        assert "Revoke now" in chosen(admin, model, "end", row.pk).content.decode()
    assert not Revocation.objects.exists()
    end(admin, "session", session.pk)
    assert "Ended: Connected app Sync of bob@example.com" in end(admin, "grant", grant.pk, "Stolen").content.decode()
    assert not Session.objects.filter(user=world.bob).exists()
    assert not Grant.objects.live().exists()
    assert {row.user for row in Revocation.objects.all()} == {world.bob}
    assert Revocation.objects.latest("at").reason == "Stolen"


def test_the_end_of_a_signing_key_is_no_nothing(world, admin, api_client):
    mine = world.own_tokens()["access_token"]
    key = SigningKey.objects.get()
    words = f"the signing key {key.kid}: every token signed with it"
    assert words in chosen(admin, "signingkey", "end", key.pk).content.decode()
    assert api_client(mine).get("/api/v1/me").status_code == 200
    assert words in end(admin, "signingkey", key.pk).content.decode()
    assert api_client(mine).get("/api/v1/me").status_code == 401
    assert words in Revocation.objects.get().in_words
    assert SigningKey.objects.filter(revoked_at=None).count() == 1  # another signs, of one and the same making


def test_nor_is_that_of_an_integration_and_twice_it_is(world, admin):
    words = "the integration Pocket, now disabled"
    assert words in chosen(admin, "integration", "end", world.pocket.pk).content.decode()
    end(admin, "integration", world.pocket.pk)
    assert words not in chosen(admin, "integration", "end", world.pocket.pk).content.decode()
    end(admin, "integration", world.pocket.pk)
    assert [row.in_words for row in Revocation.objects.order_by("at")] == [words, "nothing"]
    assert Integration.objects.get(pk=world.pocket.pk).disabled_at


@pytest.mark.parametrize("model", ["session", "grant", "integration", "signingkey"])
def test_who_may_only_look_ends_none_of_them(world, browser, model):
    world.connect(world.alice)
    key = {"session": Session, "grant": Grant, "integration": Integration, "signingkey": SigningKey}[model]
    bob = limited(world, browser, f"view_{model}")
    assert end(bob, model, key.objects.latest("created_at").pk).status_code == 403
    assert not Revocation.objects.exists()


def test_nobody_gets_into_an_account_by_setting_its_address(world, browser):
    address = world.alice.emailaddress_set.get()
    names = [f"{verb}_emailaddress" for verb in ("add", "change", "delete", "view")]
    bob = limited(world, browser, *names)
    fields = {"email": "bob+alice@example.com", "user": world.alice.pk, "primary": "on", "verified": "on"}
    assert bob.post(f"/admin/account/emailaddress/{address.pk}/change/", fields).status_code == 403
    assert bob.post("/admin/account/emailaddress/add/", fields).status_code == 403
    assert bob.get("/admin/account/emailaddress/").status_code == 200
    assert [row.email for row in world.alice.emailaddress_set.all()] == ["alice@example.com"]


def test_simplejwts_tables_are_no_pages(admin):
    assert admin.get("/admin/token_blacklist/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_list_says_in_words_who_or_what_was_ended_and_when(world, admin, browser):
    browser(world.bob)
    world.own_tokens()
    end(admin, "session", Session.objects.get(user=world.bob).pk)
    end(admin, "integration", world.pocket.pk)
    end(admin, "signingkey", SigningKey.objects.get().pk)
    revocation.revoke(Scope(everything=True), cause=Cause.ENDED)
    admin = browser(world.alice)
    page = admin.get("/admin/accounts/revocation/").content.decode()
    for words in ("Session of bob@example.com", "Integration Pocket", "Signing key", "Everything", "At once"):
        assert words in page
    assert f"{Revocation.objects.earliest('at').at:%Y-%m-%d %H:%M:%S} UTC" in page
    found = admin.get("/admin/accounts/revocation/?q=bob@example").content.decode()
    assert "Session of bob@example.com" in found
    assert "Integration Pocket" not in found


NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("accounts/session/%00/change/", ""),
        ("accounts/user/?q=a%00b", ""),
        ("accounts/securityevent/?at__year=99999999999999999999999", ""),
        ("accounts/securityevent/?at__year=2026&at__month=13&at__day=99", ""),
        ("accounts/user/?is_active__exact=%00", ""),
        ("accounts/user/?nope=1", ""),
        ("autocomplete/?app_label=accounts", "model_name is missing"),
        ("autocomplete/?app_label=accounts&model_name=membership&field_name=user&term=a%00b", "term"),
    ],
)
def test_an_address_that_the_admin_did_not_make_is_refused_in_good_order(admin, path, named):
    answer = admin.get(f"/admin/{path}")
    assert answer.status_code < 500
    assert answer.status_code != 400 or named in answer.content.decode()


@pytest.mark.parametrize("selected", ["", "x", "\0", "-1", "9" * 40, [NOBODY, "x"]])
@pytest.mark.parametrize(
    ("page", "action"),
    [("user", "revoke_access"), ("user", "reactivate"), ("session", "end"), ("grant", "end"), ("integration", "end")],
)
def test_rows_that_are_none_change_nothing(world, admin, page, action, selected):
    answer = admin.post(f"/admin/accounts/{page}/", {"action": action, "_selected_action": selected}, follow=True)
    assert answer.status_code in {200, 400, 404}
    assert not Revocation.objects.exists()


def test_a_revocations_page_says_what_was_tried_again_and_by_whom(world, admin):
    grant = world.grant_of(world.connect(world.bob))
    done = revocation.revoke(Scope(grant=grant), cause=Cause.ENDED)
    url = f"/admin/accounts/revocation/{done.pk}/change/"
    assert "once:" not in admin.get(url).content.decode()
    world.try_again(grant, 1200, "<b>thief")
    page = admin.get(url).content.decode()
    assert "1,200 times: Access token of Sync, 203.0.113.7, &lt;b&gt;thief" in page
