"""A copy of the database, of the log and of the admin's pages opens nothing: no live secret stands in any of them."""

import logging

import pytest
from django.apps import apps
from django.core.serializers import serialize

from accounts.models import SigningKey

pytestmark = pytest.mark.django_db


def dump():
    return "".join(serialize("json", model._base_manager.all()) for model in apps.get_models())


@pytest.fixture
def secrets(world, browser):
    """Every live secret there is, by name."""
    answer = world.connect(world.bob)
    replaced = world.refresh(answer)
    return {
        "session key": browser(world.bob).cookies["sessionid"].value,
        "client secret": world.sync_secret,
        "code": world.code(world.bob),
        "refresh token": replaced["refresh_token"],
        "replaced refresh token": answer["refresh_token"],
        "access token": replaced["access_token"],
        "password": "correct horse battery",
    }


def test_no_row_holds_a_live_secret(secrets):
    text = dump()
    assert secrets.keys() == {name for name, value in secrets.items() if value not in text}
    # Nor the part of a token that is enough to rebuild it beside a public key: its signature.
    assert not any(value.rsplit(".", 1)[-1] in text for value in secrets.values())


def test_signing_keys_are_encrypted(secrets):
    assert "PRIVATE KEY" not in dump()
    assert SigningKey.objects.get().private_encrypted.startswith("gAAAA")


def test_secrets_have_prefixes_that_a_scanner_knows(secrets):
    assert secrets["client secret"].startswith("pc_secret_")
    assert secrets["code"].startswith("pc_code_")


def test_the_log_holds_none_of_them_even_when_all_is_refused(world, secrets, caplog, client):
    caplog.set_level(logging.DEBUG)
    client.cookies["sessionid"] = secrets["session key"] + "x"
    client.get("/dashboard/")
    for token in (secrets["refresh token"], secrets["access token"][:-4] + "AAAA"):
        client.get("/api/v1/me", HTTP_AUTHORIZATION=f"Bearer {token}")
    for code in (secrets["code"], "wrong"):
        fields = {"grant_type": "authorization_code", "code": code, "code_verifier": "v" * 43}
        client.post("/oauth/token", {**fields, "client_id": str(world.sync.pk), "client_secret": world.sync_secret})
    assert caplog.text
    assert not [name for name, value in secrets.items() if value in caplog.text]


def test_the_admin_shows_none_of_them(world, secrets, browser):
    from accounts.models import User

    User.objects.filter(pk=world.alice.pk).update(is_staff=True, is_superuser=True)
    admin = browser(world.alice)
    pages = ["accounts/session", "accounts/grant", "accounts/integration", "accounts/signingkey", "accounts/revocation"]
    pages += ["accounts/securityevent", "account/emailaddress", "accounts/user"]
    for page in pages:
        listing = admin.get(f"/admin/{page}/")
        assert listing.status_code == 200
        assert not [name for name, value in secrets.items() if value in listing.content.decode()]
