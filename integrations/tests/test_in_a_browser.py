"""What third parties' people see, in a real Chromium: the API's page, and connecting a device."""

import pytest
from django.test import Client

from accounts.tests.world import ask

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


def test_the_apis_page_shows_every_operation_from_our_own_files(window):
    page = window()
    page.goto("/api/docs")
    page.locator(".opblock").first.wait_for()
    assert page.locator(".opblock").count() == 12
    page.locator(".opblock").first.click()
    page.get_by_text("Live grants in the organisation").last.wait_for()


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
