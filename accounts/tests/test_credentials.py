"""Changing how one comes in: what falls, what stays, and what a stale form or object may not undo."""

import re

import pytest
from django.core import mail

from accounts import credentials, tokens
from accounts.models import Cause, Session, User
from accounts.revocation import Scope, revoke
from accounts.tests.world import PASSWORD

NEW = "an entirely new phrase"


def is_live(answer):
    return tokens.is_live(tokens.verify(answer["access_token"]))


def change(browser, old=PASSWORD, new=NEW):
    return browser.post("/accounts/password/change/", {"oldpassword": old, "password1": new, "password2": new})


def test_changing_the_password_ends_the_other_browsers_and_apps_and_keeps_this_one(world, browser):
    here, there, had = browser(world.bob), browser(world.bob), world.connect(world.bob)
    assert change(here).status_code == 302
    assert here.get("/dashboard/").status_code == 200
    assert there.get("/dashboard/").status_code == 302
    assert not is_live(had)
    assert Session.objects.live().filter(user=world.bob).count() == 1


def test_changing_the_password_stops_no_server_of_the_organisation(world, browser):
    own, alice = world.own_tokens(), browser(world.alice)
    change(alice)
    assert is_live(own)


def test_a_mail_server_that_is_down_stops_no_change_of_password(world, browser, settings):
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1
    assert change(browser(world.bob)).status_code == 302
    assert User.objects.get(pk=world.bob.pk).check_password(NEW)


def test_a_wrong_old_password_changes_nothing(world, browser):
    here, there = browser(world.bob), browser(world.bob)
    assert change(here, old="not this").status_code == 200
    assert there.get("/dashboard/").status_code == 200


def reset_link(client, user):
    client.post("/accounts/password/reset/", {"email": user.email})
    return re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", mail.outbox[-1].body).group(1)


def use(client, link, password=NEW):
    form = client.get(link)
    if form.status_code != 302:
        return form
    return client.post(form["Location"], {"password1": password, "password2": password})


def test_a_reset_link_works_once_and_ends_everything_of_before(world, browser, client):
    there, link = browser(world.bob), reset_link(client, world.bob)
    assert use(client, link).status_code == 302
    assert there.get("/dashboard/").status_code == 302
    assert b"does nothing any more" in use(client, link, "yet another phrase").content
    assert User.objects.get(pk=world.bob.pk).check_password(NEW)


@pytest.mark.parametrize("cause", [Cause.SIGNED_OUT_EVERYWHERE, Cause.COMPROMISED, Cause.DEACTIVATED])
def test_a_pending_reset_link_dies_with_everything_else(world, client, cause):
    link = reset_link(client, world.bob)
    revoke(Scope(user=world.bob), cause=cause)
    assert b"does nothing any more" in use(client, link).content
    assert not User.objects.get(pk=world.bob.pk).check_password(NEW)


def test_a_reset_form_that_was_open_during_the_revocation_is_refused(world, client):
    form = client.get(reset_link(client, world.bob))["Location"]
    revoke(Scope(user=world.bob), cause=Cause.COMPROMISED)
    client.post(form, {"password1": NEW, "password2": NEW})
    assert not User.objects.get(pk=world.bob.pk).has_usable_password()


def test_after_a_compromise_a_fresh_reset_works_at_once(world, browser, client):
    stolen = browser(world.bob)
    revoke(Scope(user=world.bob), cause=Cause.COMPROMISED)
    use(client, reset_link(client, world.bob))
    client.post("/accounts/login/", {"login": world.bob.email, "password": NEW})
    assert client.get("/dashboard/").status_code == 200
    assert stolen.get("/dashboard/").status_code == 302


def test_a_reset_link_names_our_own_address_whatever_host_was_asked(world, client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    client.post("/accounts/password/reset/", {"email": world.bob.email}, HTTP_HOST="evil.example")
    assert "evil.example" not in mail.outbox[-1].body + mail.outbox[-1].subject


def test_a_sign_in_that_waits_for_an_e_mail_dies_with_the_revocation(world, client):
    from allauth.account.models import EmailAddress

    EmailAddress.objects.filter(user=world.bob).update(verified=False)
    client.post("/accounts/login/", {"login": world.bob.email, "password": PASSWORD})
    link = re.search(r"http://[^/]+(/accounts/confirm-email/\S+)", mail.outbox[-1].body).group(1)
    revoke(Scope(user=world.bob), cause=Cause.SIGNED_OUT_EVERYWHERE)
    client.post(link)
    assert client.get("/dashboard/").status_code == 302


def test_a_stale_object_saved_after_a_revocation_puts_nothing_back(world):
    stale = User.objects.get(pk=world.bob.pk)
    revoke(Scope(user=world.bob), cause=Cause.COMPROMISED)
    stale.name = "Robert"
    stale.save()
    now = User.objects.get(pk=world.bob.pk)
    assert now.name == "Robert"
    assert now.epoch == stale.epoch + 1
    assert not now.has_usable_password()


@pytest.mark.parametrize("how", ["password", "is_active"])
def test_what_is_set_on_an_object_and_saved_ends_what_was_let_in(world, browser, how):
    there, had, bob = browser(world.bob), world.connect(world.bob), User.objects.get(pk=world.bob.pk)
    if how == "password":
        bob.set_password(NEW)
    else:
        bob.is_active = False
    bob.save()
    User.objects.filter(pk=bob.pk).update(is_active=True)
    assert there.get("/dashboard/").status_code == 302
    assert not is_live(had)


def partly(user, *fields):
    return User.objects.only(*fields).get(pk=user.pk)


def reread(user):
    read = User.objects.get(pk=user.pk)
    read.is_active = False
    read.refresh_from_db(fields=["name"])
    return read


@pytest.mark.parametrize(
    "found",
    [
        lambda user: partly(user, "email"),
        lambda user: partly(user, "is_active"),
        lambda user: User.objects.defer("is_active").get(pk=user.pk),
        reread,
        lambda user: User.objects.bulk_create([User(email="carol@example.com", password="!")])[0],
    ],
    ids=["only another field", "only this field", "all but this field", "another field read again", "just made"],
)
@pytest.mark.parametrize("fields", [None, ["is_active"]], ids=["all", "named"])
def test_a_deactivation_is_saved_however_the_object_was_read(world, found, fields):
    user = found(world.bob)
    user.is_active = False
    user.save(update_fields=fields)
    now = User.objects.get(pk=user.pk)
    assert not now.is_active
    assert now.epoch == user.epoch == 2


def test_what_was_not_among_the_fields_saved_is_saved_the_next_time(world):
    bob = User.objects.get(pk=world.bob.pk)
    bob.set_password(NEW)
    bob.save(update_fields=["last_login"])
    assert User.objects.get(pk=bob.pk).check_password(PASSWORD)
    bob.save()
    assert User.objects.get(pk=bob.pk).check_password(NEW)


def test_what_was_not_read_is_not_written(world):
    stale = partly(world.bob, "email", "name")
    made = User.objects.bulk_create([User(email="carol@example.com", password="!")])[0]
    revoke(Scope(user=world.bob), cause=Cause.COMPROMISED)
    revoke(Scope(user=made), cause=Cause.DEACTIVATED)
    for user in (stale, made):
        user.name = "Somebody"
        user.save()
        now = User.objects.get(pk=user.pk)
        assert (now.name, now.epoch) == ("Somebody", 2)
    assert not now.is_active


def test_an_object_deleted_is_gone_with_all_its_credentials(world, browser):
    there, own = browser(world.alice), world.own_tokens()
    credentials.delete(world.alice)
    assert there.get("/dashboard/").status_code == 302
    assert not is_live(own)
