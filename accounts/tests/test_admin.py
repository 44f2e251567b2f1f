"""The administrator's door: signed in through allauth, sees what will end, ends it, sees what ended."""

import re

import pytest

from accounts import revocation
from accounts.models import Cause, Grant, Revocation, Session, User
from accounts.revocation import Scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(world, browser):
    User.objects.filter(pk=world.alice.pk).update(is_staff=True, is_superuser=True)
    return browser(world.alice)


def revoke_url(*users):
    return f"/admin/accounts/user/revoke/?ids={','.join(str(user.pk) for user in users)}"


def test_whoever_is_not_staff_is_sent_away(world, browser, client):
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")
    assert browser(world.bob).get("/admin/", follow=True).status_code == 403


def test_the_confirmation_says_what_will_end_and_ends_nothing(world, admin, browser):
    browser(world.bob)
    world.connect(world.bob)
    page = re.sub(' data-label="[^"]*"', "", admin.get(revoke_url(world.bob)).content.decode())
    assert '<th scope="row">bob@example.com</th><td>1</td><td>1</td><td>0</td><td>0</td>' in page
    assert Session.objects.filter(user=world.bob).exists()


def test_the_act_ends_it_and_the_result_says_what_ended(world, admin, browser):
    bob = browser(world.bob)
    world.connect(world.bob)
    page = admin.post(revoke_url(world.bob), {"cause": "compromised", "reason": "Stolen"}).content.decode()
    assert "Access revoked" in page
    assert bob.get("/dashboard/").status_code == 302
    row = Revocation.objects.get()
    assert (row.actor, row.reason, row.sessions, row.grants) == (world.alice, "Stolen", 1, 1)


def test_the_action_takes_several_users_to_that_page(world, admin):
    chosen = [str(world.bob.pk), str(world.mallory.pk)]
    answer = admin.post("/admin/accounts/user/", {"action": "revoke_access", "_selected_action": chosen}, follow=True)
    assert b"bob@example.com" in answer.content
    assert b"mallory@example.com" in answer.content


def test_the_users_page_has_the_button(world, admin):
    assert revoke_url(world.bob) in admin.get(f"/admin/accounts/user/{world.bob.pk}/change/").content.decode()


@pytest.mark.parametrize("ids", ["", "x", "%00", "a,b,,", "00000000-0000-4000-8000-000000000000"])
def test_ids_that_are_nobodys_are_404_and_change_nothing(admin, ids):
    assert admin.post(f"/admin/accounts/user/revoke/?ids={ids}", {"cause": "compromised"}).status_code == 404
    assert not Revocation.objects.exists()


def test_an_unknown_cause_changes_nothing_and_is_named(world, admin):
    page = admin.post(revoke_url(world.bob), {"cause": "whim"}).content.decode()
    assert "whim is not one of the available choices" in page
    assert not Revocation.objects.exists()


def test_staff_without_the_permission_may_not(world, browser):
    User.objects.filter(pk=world.bob.pk).update(is_staff=True)
    assert browser(world.bob).post(revoke_url(world.alice), {"cause": "compromised"}).status_code == 403


def test_staff_cannot_make_themselves_superuser(world, browser):
    from django.contrib.auth.models import Permission

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
    admin.post("/admin/accounts/session/", {"action": "end", "_selected_action": [session.pk]})
    admin.post("/admin/accounts/grant/", {"action": "end", "_selected_action": [grant.pk]})
    assert not Session.objects.filter(user=world.bob).exists()
    assert not Grant.objects.live().exists()


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


@pytest.mark.parametrize("chosen", ["", "x", "\0", "-1", "9" * 40, [NOBODY, "x"]])
@pytest.mark.parametrize(
    ("page", "action"),
    [("user", "revoke_access"), ("user", "reactivate"), ("session", "end"), ("grant", "end"), ("integration", "end")],
)
def test_rows_that_are_none_change_nothing(world, admin, page, action, chosen):
    answer = admin.post(f"/admin/accounts/{page}/", {"action": action, "_selected_action": chosen}, follow=True)
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
