"""What third parties' people see, in a real Chromium: the API's page, and connecting a device."""

import pytest
from django.test import Client

from accounts.tests.world import ask

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
