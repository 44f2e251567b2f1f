"""What third parties' people see, in a real Chromium: the API's page, connecting an app, and connecting a device."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts.tests.world import PASSWORD, ask, authorize_url

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def reference(window):
    """The API's page without JavaScript, as wide as that."""

    def build(width):
        page = window(viewport={"width": width, "height": 900}, java_script_enabled=False)
        page.goto("/api/docs")
        return page, page.get_by_role("link", name="POST /api/v1/revocations")

    return build


def test_the_apis_contents_stay_in_view_where_there_is_room(reference):
    page, link = reference(1600)
    link.click()
    assert page.url.endswith("#createRevocations")
    assert 0 <= page.locator("#createRevocations").bounding_box()["y"] < 100
    assert 0 <= link.bounding_box()["y"] < 900


def test_the_apis_contents_are_folded_where_there_is_none(reference):
    page, link = reference(360)
    assert not link.is_visible()
    page.locator("summary").press("Enter")
    link.click()
    assert 0 <= page.locator("#createRevocations").bounding_box()["y"] < 100


def test_a_device_is_connected_by_typing_its_code(world, window, settings):
    cli = world.integration("CLI", [DEVICE_CODE], [], public=True)[0]
    code = ask(Client(), "/oauth/device_authorization", cli, None).json()["user_code"]
    page = window(world.bob)
    page.goto("/oauth/device")
    page.get_by_label("Code").fill(code.lower())
    page.get_by_role("button", name="Continue").click()
    assert code in page.locator("main").inner_text()
    page.get_by_role("button", name="Connect").click()
    page.get_by_role("heading", name="CLI is connected").wait_for()


@pytest.fixture
def app():
    """A third party whose callback leads on to another origin, where its home is. Its address, and what was asked."""
    asked = []

    class Callback(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{home.server_port}/home")
            self.end_headers()

        def log_message(self, *args):
            pass

    class Home(Callback):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<link rel=icon href=data:,><h1>Home</h1>")

    callback, home = (ThreadingHTTPServer(("127.0.0.1", 0), each) for each in (Callback, Home))
    threads = [Thread(target=each.serve_forever) for each in (callback, home)]
    for thread in threads:
        thread.start()
    yield f"http://127.0.0.1:{callback.server_port}/callback", asked
    for server, thread in zip((callback, home), threads, strict=True):
        server.shutdown()
        server.server_close()
        thread.join()


def at_the_app(page, asked):
    """What the app was told, once the person has arrived at its home."""
    page.get_by_role("heading", name="Home").wait_for()
    page.allow("asked another host: http://127.0.0.1:")
    return parse_qs(urlsplit(asked[-1]).query)


@pytest.mark.parametrize(("button", "told"), [("Connect", "code"), ("Cancel", "error")])
def test_whoever_decides_gets_to_the_app_wherever_its_callback_leads(world, window, app, button, told):
    address, asked = app
    sync = world.integration("Sync", ["authorization_code"], [address])[0]
    page = window(world.bob)
    page.goto(authorize_url(sync, redirect_uri=address))
    page.get_by_role("button", name=button).click()
    assert told in at_the_app(page, asked)


def test_an_apps_mistake_gets_to_it_after_the_sign_in_too(world, window, app):
    address, asked = app
    sync = world.integration("Sync", ["authorization_code"], [address])[0]
    page = window()
    page.goto(authorize_url(sync, redirect_uri=address, code_challenge=None))
    page.get_by_label("Email").fill(world.bob.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    assert at_the_app(page, asked)["error"] == ["invalid_request"]
