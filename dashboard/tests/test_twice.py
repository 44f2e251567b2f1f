"""A form that is sent twice, one after the other or both at once, acts once and shows the same answer."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core import mail
from django.db import connections
from django.test import Client

from accounts import crypto
from accounts.models import ClientSecret, IdempotentAnswer, Integration, Invitation

pytestmark = pytest.mark.django_db

KEY = ec.generate_private_key(ec.SECP256R1()).public_key()
PEM = KEY.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
ONE = {"name": "Report", "grant_types": "client_credentials", "scopes": "profile"}
FORMS = {
    "integration": ("/dashboard/integrations/", "/dashboard/integrations/", ONE),
    "secret": ("/dashboard/integrations/{export}/", "/dashboard/integrations/{export}/secrets/", {}),
    "keys": ("/dashboard/integrations/{export}/", "/dashboard/integrations/{export}/keys/", {"jwks": PEM}),
    "invitation": (
        "/dashboard/organisations/{acme}/members/",
        "/dashboard/organisations/{acme}/members/",
        {"email": "nora@example.com", "role": "member"},
    ),
}


def filled(world, client, name):
    """Where it is sent, and the form as the page showed it."""
    page, path, fields = (part if isinstance(part, dict) else part.format(**ids(world)) for part in FORMS[name])
    return path, {**fields, "organisation": world.acme.pk, "csrfmiddlewaretoken": token_of(client.get(page))}


def token_of(page):
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())[1]


def ids(world):
    return {"acme": world.acme.pk, "export": world.export.pk}


def seen(answer):
    return answer.status_code, answer.content, answer.headers.get("Location")


def made():
    return Integration.objects.count(), ClientSecret.objects.count(), Invitation.objects.count(), len(mail.outbox)


@pytest.mark.parametrize("name", FORMS)
def test_a_second_click_makes_nothing_and_shows_what_the_first_did(world, browser, name):
    alice = browser(world.alice)
    path, fields = filled(world, alice, name)
    first, before = alice.post(path, fields), made()
    again = alice.post(path, fields)
    assert [seen(again), made()] == [seen(first), before]
    assert first.status_code < 400


def test_the_form_of_another_page_acts_again(world, browser):
    alice = browser(world.alice)
    for number in (1, 2):
        alice.post(*filled(world, alice, "integration"))
        assert Integration.objects.filter(name="Report").count() == number


def test_a_form_that_was_changed_acts_again(world, browser):
    alice = browser(world.alice)
    path, fields = filled(world, alice, "integration")
    for name in ("One", "Two"):
        alice.post(path, {**fields, "name": name})
        assert Integration.objects.filter(name=name).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", FORMS)
def test_of_eight_at_once_one_acts_and_all_get_its_answer(world, browser, name):
    alice, before = browser(world.alice), made()
    path, fields = filled(world, alice, name)

    def click(_):
        client = Client()
        client.cookies = alice.cookies
        try:
            return client.post(path, fields).content
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(click, range(8)))
    assert len(answers) == 1
    assert sum(made()) - sum(before) == (1 if name in {"secret", "keys"} else 2)  # with its secret, or with its mail


def test_what_is_kept_of_the_answer_shows_no_secret(world, browser):
    alice = browser(world.alice)
    path, fields = filled(world, alice, "secret")
    assert "pc_secret_" in alice.post(path, fields).content.decode()
    row = IdempotentAnswer.objects.get()
    assert "pc_secret_" not in str(row.body)
    assert fields["csrfmiddlewaretoken"] not in str(vars(row))


def test_somebody_elses_form_shows_them_nothing(world, browser):
    alice, mallory = browser(world.alice), browser(world.mallory)
    path, fields = filled(world, alice, "secret")
    alice.post(path, fields)
    assert mallory.post(path, fields).status_code == 404


def test_who_waits_in_vain_for_the_first_click_is_told_so(world, browser, monkeypatch):
    monkeypatch.setattr("dashboard.twice.PATIENCE", -1)
    alice = browser(world.alice)
    path, fields = filled(world, alice, "secret")
    alice.post(path, fields)
    IdempotentAnswer.objects.update(status=None)
    answer = alice.post(path, fields)
    assert (answer.status_code, b"still being worked on" in answer.content) == (409, True)


def test_turning_the_app_on_twice_does_not_offer_to_turn_it_off(world, browser):
    bob, path = browser(world.bob), "/accounts/2fa/totp/activate/"
    token = token_of(bob.get(path))
    secret = bob.session["mfa.totp.secret"]
    fields = {"code": format_hotp_value(hotp_value(secret, int(time.time()) // 30)), "csrfmiddlewaretoken": token}
    assert {bob.post(path, fields)["Location"] for _ in range(2)} == {"/accounts/2fa/recovery-codes/"}
    assert Authenticator.objects.filter(user=world.bob, type="totp").count() == 1


def test_confirming_an_address_twice_is_no_dead_end(world, client):
    row = EmailAddress.objects.create(user=world.bob, email="bob@new.example")
    path = f"/accounts/confirm-email/{EmailConfirmationHMAC(row).key}/"
    fields = {"csrfmiddlewaretoken": token_of(client.get(path))}
    assert [client.post(path, fields).status_code for _ in range(2)] == [302, 302]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_double_click_without_javascript_makes_one_integration_and_shows_its_secret(world, window):
    page = window(world.alice, java_script_enabled=False)
    page.goto("/dashboard/integrations/")
    page.click("summary")
    page.fill("[name=name]", "Report")
    page.fill("[name=redirect_uris]", "https://report.example/callback")
    page.dblclick("text=Create integration")
    page.locator("text=pc_secret_").wait_for()
    shown = page.inner_text("#new-secret ~ .secret").strip()
    row = Integration.objects.get(name="Report")
    assert row.secrets.get().secret_hash == crypto.digest(shown)
    page.reload()
    assert page.inner_text("#new-secret ~ .secret").strip() == shown
    assert Integration.objects.filter(name="Report").count() == 1
