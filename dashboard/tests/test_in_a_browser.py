"""A person's ways through the pages, in a real Chromium: in, out, back again, and what a browser must not keep."""

import re

import pytest
from django.core import mail

from accounts import revocation, tokens
from accounts.models import Cause
from accounts.revocation import Scope
from accounts.tests.world import PASSWORD
from dashboard.tests.barriers import barriers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sign_in(page, email, password=PASSWORD):
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=False).first.click()


def linked(pattern):
    return re.search(rf"https?://\S+{pattern}\S*", mail.outbox[-1].body).group()


def test_sign_up_confirm_and_sign_in(window):
    page = window()
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill("carol@example.com")
    page.get_by_label("Password", exact=True).fill("a phrase of her own")
    page.get_by_label(re.compile("again", re.I)).fill("a phrase of her own")
    page.get_by_role("button", name="Sign up", exact=False).click()
    page.goto(linked("/accounts/confirm-email/"))
    page.get_by_role("button", name="Confirm").click()
    sign_in(page, "carol@example.com", "a phrase of her own")
    page.wait_for_url("**/dashboard/")
    assert "carol" in page.locator("h1").inner_text()


def test_signed_out_the_back_button_shows_nothing(world, window):
    page = window()
    sign_in(page, world.bob.email)
    page.wait_for_url("**/dashboard/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/")
    page.go_back()
    page.wait_for_url("**/accounts/login/**")
    assert "Hello" not in page.content()


def test_a_forgotten_password_is_reset_by_mail(world, window):
    page = window()
    page.goto("/accounts/password/reset/")
    page.get_by_label("Email").fill(world.bob.email)
    page.get_by_role("button", name="Send me a link").click()
    page.wait_for_url("**/done/")
    page.goto(linked("/accounts/password/reset/key/"))
    for field in page.locator("input[type=password]").all():
        field.fill("a quite new phrase")
    page.get_by_role("button", name="Change password").click()
    page.wait_for_url("**/key/done/")
    sign_in(page, world.bob.email, "a quite new phrase")
    page.wait_for_url("**/dashboard/")


def test_a_contractor_is_let_go_and_all_of_theirs_ends(world, window, browser):
    bob, had = browser(world.bob), world.connect(world.bob)
    page = window(world.alice)
    page.goto("/dashboard/members/")
    page.get_by_label("Manage bob@example.com").click()
    assert "1 session and 1 connected app" in page.locator(".card.danger").inner_text()
    page.get_by_role("button", name="Remove, and end it").click()
    page.get_by_role("heading", name="Bob was removed").wait_for()
    assert barriers(page) == []
    assert "1 session and 1 connected app" in page.locator("main").inner_text()
    assert bob.get("/dashboard/").status_code == 302
    assert not tokens.is_live(tokens.verify(had["access_token"]))


@pytest.fixture
def key():
    """Gives a window a virtual authenticator: a device with a fingerprint reader, whose owner is there."""

    def plug_in(page):
        cdp = page.context.new_cdp_session(page)
        cdp.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
        cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    return plug_in


def test_a_passkey_is_added_signs_in_by_itself_and_confirms(world, window, key):
    page = window()
    key(page)
    sign_in(page, world.bob.email)
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_role("button", name="Add it").click()
    page.get_by_text("recovery codes").first.wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/dashboard/")
    page.goto("/dashboard/sessions/")
    assert "by passkey" in page.locator("main").inner_text()
    revocation.revoke(Scope(user=world.bob), cause=Cause.COMPROMISED)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("This passkey is older than the day your account was secured.").wait_for()


def test_whoever_asks_for_passkeys_too_often_is_told_to_wait(db, window, key, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_by_passkey": "1/h/ip"}
    page = window()
    key(page)
    page.goto("/accounts/login/")
    ask = page.get_by_role("button", name="Sign in with a passkey")
    ask.click()
    page.locator("#passkey-error").wait_for()  # it knows of none
    ask.click()
    page.get_by_text("Wait a minute, then try again.").wait_for()
    assert barriers(page) == []
    page.allow("429")


def test_a_passkey_is_the_second_step_after_the_password(world, window, key):
    page = window()
    key(page)
    sign_in(page, world.bob.email)
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Sign in with it alone").uncheck()
    page.get_by_role("button", name="Add it").click()
    page.get_by_text("recovery codes").first.wait_for()
    assert barriers(page) == []
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, world.bob.email)
    page.wait_for_url("**/2fa/authenticate/")
    assert barriers(page) == []
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="Ask every time").wait_for()
    assert barriers(page) == []
    page.get_by_role("button", name="Ask every time").click()
    page.wait_for_url("**/dashboard/")


def test_a_form_with_errors_is_taken_up_at_the_first_of_them(world, window):
    page = window(world.alice)
    page.goto("/dashboard/integrations/?new=yes")
    page.fill("[name=name]", "Report")
    page.get_by_role("button", name="Create integration").click()
    page.get_by_text("it needs an address to come back to").wait_for()
    page.allow("status of 400")  # which the browser has said by now
    assert page.evaluate("document.activeElement.name") == "redirect_uris"
    name, uris = (page.locator(f"[name={field}]") for field in ("name", "redirect_uris"))
    colours = [field.evaluate("field => getComputedStyle(field).borderColor") for field in (name, uris)]
    assert colours[0] != colours[1]


def test_a_secret_and_a_client_id_are_copied(world, window):
    page = window(world.alice, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"/dashboard/integrations/{world.export.pk}/")
    page.get_by_role("button", name="New secret").click()
    for what, where in (("client secret", "#secret"), ("client id", "#client-id")):
        page.get_by_role("button", name=f"Copy the {what}").click()
        page.get_by_role("button", name="Copied").first.wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == page.inner_text(where).strip()


def test_without_javascript_no_button_is_there_that_would_do_nothing(world, window):
    for path, heading in (("/accounts/login/", "Sign in"), ("/accounts/2fa/webauthn/add/", "Add a passkey")):
        page = window(world.alice if "add" in path else None, java_script_enabled=False)
        page.goto(path)
        page.get_by_role("heading", name=heading).wait_for()
        assert page.get_by_role("button", name="Sign in with a passkey").count() == 0
        assert page.get_by_role("button", name="Add it").count() == 0
