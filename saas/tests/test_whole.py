"""Whoever sends the end of a request late is who they are by then, not who they were when they began."""

import http.client
import json
from urllib.parse import urlencode, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import revocation
from accounts.models import Cause, Integration, Membership, Revocation, Session
from accounts.revocation import Scope

pytestmark = pytest.mark.django_db(transaction=True)


class Held:
    """A POST of which only the first byte of the body has been sent."""

    def __init__(self, server, path, body, headers):
        self._body = body.encode()
        self._line = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
        self._line.putrequest("POST", path)
        for name, value in {**headers, "Content-Length": str(len(self._body))}.items():
            self._line.putheader(name, value)
        self._line.endheaders(self._body[:1])

    def finish(self):
        self._line.send(self._body[1:])
        answer = self._line.getresponse()
        answer.read()
        self._line.close()
        return answer


def by_session(browser, **fields):
    browser.get("/dashboard/integrations/")
    cookies = {name: browser.cookies[name].value for name in ("sessionid", "csrftoken")}
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return urlencode({**fields, "csrfmiddlewaretoken": cookies["csrftoken"]}, doseq=True), headers


def test_of_a_session_that_was_ended_meanwhile_nothing_is_done(world, browser, live_server):
    alice = browser(world.alice)
    fields = {"name": "Late", "organisation": world.acme.pk, "grant_types": "client_credentials", "scopes": "profile"}
    body, headers = by_session(alice, **fields)
    held = Held(live_server, "/dashboard/integrations/", body, headers)
    revocation.revoke(Scope(session=Session.objects.get(user=world.alice)), cause=Cause.ENDED)
    assert held.finish().getheader("Location", "").startswith("/accounts/login/")
    assert not Integration.objects.filter(name="Late").exists()


def test_of_a_token_that_was_revoked_meanwhile_nothing_is_done(world, live_server):
    Membership.objects.filter(user=world.bob).update(role="admin")
    world.sync.scopes = ["profile", "revocations:write"]
    world.sync.save()
    had = world.connect(world.bob, scopes=("revocations:write",))
    headers = {"Authorization": f"Bearer {had['access_token']}", "Content-Type": "application/json"}
    body = json.dumps({"scope": {"user": str(world.alice.pk)}, "reason": "Late"})
    held = Held(live_server, "/api/v1/revocations", body, headers)
    revocation.revoke(Scope(user=world.bob), cause=Cause.COMPROMISED)
    assert held.finish().status == 401
    assert not Revocation.objects.filter(user=world.alice).exists()


def test_nor_of_a_file_that_never_ends(world, client):
    file = SimpleUploadedFile("x", b"x" * 3_000_000)
    assert client.post("/accounts/login/", {"login": file}).status_code == 400
