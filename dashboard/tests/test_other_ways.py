"""The same ways for whoever has no mouse, no JavaScript, or comes from a third party and goes back to it."""

import base64
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from accounts import clients
from accounts.models import Membership, Session, User
from accounts.tests.world import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
VERIFIER = "v" * 43


def test_with_the_keyboard_alone_one_signs_in_and_ends_another_session(world, window, browser):
    browser(world.bob)
    page = window()
    page.goto("/accounts/login/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip", "the first stop skips to the content"
    page.get_by_label("Email").focus()
    page.keyboard.type(world.bob.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard/")
    page.goto("/dashboard/sessions/")
    walk_to(page, "document.activeElement.textContent === 'End'")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    page.keyboard.press("Enter")
    page.get_by_text("Ended:").wait_for()
    assert (outline, Session.objects.filter(user=world.bob).count()) == ("solid", 1)


def walk_to(page, there):
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(there):
            return
    raise AssertionError(f"The keyboard does not get to: {there}")


def test_without_javascript_everything_still_works(world, window, browser):
    browser(world.alice)
    page = window(java_script_enabled=False)
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(world.alice.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Security log").click()
    page.get_by_label("What").select_option("signed_in")
    page.get_by_role("button", name="Show").click()
    assert "kind=signed_in" in page.url
    page.goto("/dashboard/members/")
    page.get_by_label("E-mail", exact=True).fill("carol@example.com")
    page.get_by_role("button", name="Send the invitation").click()
    page.get_by_text("Invited carol@example.com").wait_for()
    page.goto("/dashboard/sessions/end-others/")
    page.get_by_role("button", name="End 1 session").click()
    page.get_by_text("Ended: 1 session").wait_for()


def test_pressed_twice_a_button_acts_once(world, window):
    page = window(world.alice)
    page.goto("/dashboard/members/")
    page.get_by_label("Manage bob@example.com").click()
    page.get_by_role("button", name="Remove, and end it").dblclick()
    page.get_by_role("heading", name="Bob was removed").wait_for()
    assert not Membership.objects.filter(user=world.bob).exists()
    assert User.objects.filter(pk=world.bob.pk).exists()


@pytest.fixture
def third_party():
    """A web server of somebody else's, on loopback, which notes where people come back to."""
    came_back = []

    class Callback(BaseHTTPRequestHandler):
        def do_GET(self):
            came_back.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<link rel=icon href=data:,><h1>Thank you</h1>")

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Callback)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/callback", came_back
    server.shutdown()
    server.server_close()


def test_an_app_is_connected_by_a_real_redirect_works_and_is_disconnected(world, window, third_party, live_server):
    callback, came_back = third_party
    app, secret = clients.create_integration(
        organisation=world.acme, by=world.alice, name="Ledger", is_confidential=True,
        grant_types=["authorization_code", "refresh_token"], scopes=["profile"], redirect_uris=[callback],
    )  # fmt: skip
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    asked = {"response_type": "code", "client_id": app.pk, "redirect_uri": callback, "scope": "profile", "state": "s"}
    asked |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    page = window(world.bob)
    page.goto(f"/oauth/authorize?{urlencode(asked)}")
    page.get_by_role("button", name="Connect").click()
    page.get_by_text("Thank you").wait_for()
    page.allow("asked another host")
    code = parse_qs(urlsplit(came_back[0]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback, "code_verifier": VERIFIER}
    tokens = requests.post(f"{live_server.url}/oauth/token", form, auth=(str(app.pk), secret), timeout=10).json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    ask = lambda: requests.get(f"{live_server.url}/api/v1/me", headers=bearer, timeout=10).status_code  # noqa: E731
    assert ask() == 200
    page.goto("/dashboard/apps/")
    page.get_by_role("link", name="Disconnect Ledger").click()
    assert ask() == 200
    page.get_by_role("button", name="Disconnect it").click()
    page.get_by_text("Disconnected: Ledger.").wait_for()
    assert ask() == 401
