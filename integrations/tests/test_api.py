"""/api/v1/me and the shape of every refusal: problem+json, and the challenge that RFC 6750 asks for."""

import pytest
from django.test import Client

from accounts import revocation
from accounts.models import Cause, Grant, Session
from accounts.revocation import Scope
from accounts.tests.world import CALLBACK
from integrations.api.v1.me import Me

pytestmark = pytest.mark.django_db
ME = "/api/v1/me"
NOBODY = "5b0c8a4e-6f0d-4b9e-9a53-0d9c0f6f4a21"


def test_it_says_who_the_token_acts_for(world, api_client):
    answer = api_client(world.connect(world.bob)["access_token"]).get(ME)
    assert answer.json() == {
        "subject": str(world.bob.pk),
        "subject_type": "user",
        "client_id": str(world.sync.pk),
        "grant": str(Grant.objects.get().pk),
        "organisation": str(world.acme.pk),
        "scopes": ["profile"],
    }


def test_a_clients_own_token_does_not_pass_for_a_user(world, api_client):
    answer = api_client(world.own_tokens()["access_token"]).get(ME).json()
    assert (answer["subject"], answer["subject_type"]) == (str(world.export.pk), "client")


def test_it_takes_one_statement_and_that_is_the_check(world, api_client, django_assert_num_queries):
    caller = api_client(world.connect(world.bob)["access_token"])
    caller.get(ME)  # the first one fetches the keys
    with django_assert_num_queries(1):
        assert caller.get(ME).status_code == 200


def test_the_next_request_after_a_revocation_is_401_and_the_neighbours_is_200(world, api_client):
    bobs, alices = (api_client(world.connect(user)["access_token"]) for user in (world.bob, world.alice))
    assert (bobs.get(ME).status_code, alices.get(ME).status_code) == (200, 200)
    revocation.revoke(Scope(user=world.bob), cause=Cause.COMPROMISED)
    assert (bobs.get(ME).status_code, alices.get(ME).status_code) == (401, 200)


def test_without_a_token_it_is_challenged_without_an_error(client, settings):
    answer = client.get(ME)
    assert answer.status_code == 401
    metadata = f"{settings.ISSUER}/.well-known/oauth-protected-resource/api"
    assert answer["WWW-Authenticate"] == f'Bearer realm="{settings.AUDIENCE}", resource_metadata="{metadata}"'
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 401
    assert answer.json()["detail"] == "There is no access token in the Authorization header."


@pytest.mark.parametrize("token", ["x", "", " ", "a b", "\u00e9", "a\0b", "x" * 9000, "{}", "e30.e30.AAAA"])
def test_a_token_that_is_none_is_an_invalid_token(client, token):
    answer = client.get(ME, HTTP_AUTHORIZATION=f"Bearer {token}")
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]
    assert answer.json()["detail"] == "The access token is not valid, or no longer."


def test_a_token_without_the_scope_is_403_and_told_which(world, api_client, monkeypatch):
    monkeypatch.setattr(Me, "required_scopes", {"GET": ("profile", "members:read")})
    answer = api_client(world.connect(world.bob)["access_token"]).get(ME)
    assert answer.status_code == 403
    assert 'error="insufficient_scope", scope="profile members:read"' in answer["WWW-Authenticate"]
    assert answer.json()["detail"] == "The token lacks the scope members:read."


def test_a_view_that_names_no_scopes_is_closed(world, api_client, monkeypatch):
    monkeypatch.delattr(Me, "required_scopes")
    answer = api_client(world.connect(world.bob)["access_token"]).get(ME)
    assert (answer.status_code, answer.json()["detail"]) == (403, "No token may do this.")


def test_an_answer_in_another_format_is_refused_in_plain_words(world, api_client):
    answer = api_client(world.connect(world.bob)["access_token"]).get(ME, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.json()["detail"]) == (406, "Answers are application/json.")


def test_the_cookie_does_not_open_the_api_nor_the_token_the_dashboard(world, browser, client):
    assert browser(world.bob).get(ME).status_code == 401
    token = world.connect(world.bob)["access_token"]
    assert client.get("/dashboard/", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 302


def test_the_token_is_read_from_its_header_alone(world, client):
    token = world.connect(world.bob)["access_token"]
    client.cookies["access_token"] = token
    for headers in ({"HTTP_X_ACCESS_TOKEN": token}, {"HTTP_AUTHORIZATION": f"Token {token}"}):
        assert client.get(f"{ME}?access_token={token}", **headers).status_code == 401


def test_a_call_does_not_count_as_a_visit(world, browser, api_client):
    browser(world.bob)
    seen = Session.objects.get(user=world.bob).last_seen_at
    api_client(world.connect(world.bob)["access_token"]).get(ME)
    assert Session.objects.get(user=world.bob).last_seen_at == seen


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v2/me", "/api/v1/me/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_is_not_there_is_a_problem_too(path, method):
    answer = getattr(Client(enforce_csrf_checks=True), method)(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["detail"] == "There is no such address."


@pytest.mark.parametrize("path", ["/api/v1/schema", "/api/docs"])
def test_what_anybody_may_read_nobody_may_post_to_and_no_form_is_spoken_of(path):
    answer = Client(enforce_csrf_checks=True).post(path)
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert (answer["Allow"], answer.json()["detail"]) == ("GET, HEAD", 'Method "POST" not allowed.')


@pytest.mark.parametrize("path", [ME, f"/api/v1/members/{NOBODY}", "/api/v1/members"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_parameter_that_nobody_reads_is_refused_by_its_name(world, api_client, path, method):
    app, _ = world.integration("App", ["authorization_code"], [CALLBACK], scopes=("profile", "members:read"))
    caller = api_client(world.connect(world.bob, app, ("profile", "members:read"))["access_token"])
    answer = getattr(caller, method)(f"{path}?lmit=1")
    assert answer.status_code == 400
    if method == "get":
        assert answer.json()["errors"] == {"lmit": ["There is no such parameter."]}


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_other_methods_are_405_or_401_and_never_more(world, api_client, method):
    caller = api_client(world.connect(world.bob)["access_token"])
    answer = getattr(caller, method)(ME)
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")


def test_another_service_verifies_our_tokens_by_the_jwks(world, client, settings):
    import jwt

    token = world.connect(world.bob)["access_token"]
    known = jwt.PyJWKSet.from_dict(client.get("/.well-known/jwks.json").json())
    key = known[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["ES256"], audience=settings.AUDIENCE, issuer=settings.ISSUER)
    assert claims["sub"] == str(world.bob.pk)
