"""Strangers' own libraries, told the issuer and the credentials and nothing else, do all of it without a workaround."""

from contextlib import ExitStack

import jwt
import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import BackendApplicationClient, InvalidGrantError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session as RequestsSession

from saas.tests.integration_house import CALLBACK, house  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
ON_BEHALF = ["authorization_code", "refresh_token"]


def discover(issuer):
    found = requests.get(f"{issuer}/.well-known/oauth-authorization-server", timeout=10).json()
    assert found["issuer"] == issuer
    return found


@pytest.fixture
def opened():
    """Sessions that are closed afterwards: the live server keeps a thread, and its database connection, for each."""
    with ExitStack() as stack:
        yield stack.enter_context


def verify_offline(token, server, issuer):
    """As any service does that has never heard of us: the keys by the JWKS, the claims by RFC 9068."""
    key = jwt.PyJWKClient(server["jwks_uri"]).get_signing_key_from_jwt(token)
    return jwt.decode(token, key, algorithms=[key.algorithm_name], issuer=issuer, audience=f"{issuer}/api")


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
def test_authlib_goes_the_whole_way(house, opened, method):  # noqa: F811
    server = discover(house.issuer)
    client_id, secret = house.client(ON_BEHALF, public=method == "none")
    session = opened(
        AuthlibSession(
            client_id,
            secret or None,
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            redirect_uri=CALLBACK,
            scope="profile members:read",
            code_challenge_method="S256",
        )
    )
    verifier = "a-verifier-of-forty-three-characters-or-more"
    url, state = session.create_authorization_url(server["authorization_endpoint"], code_verifier=verifier)
    back = house.agree(url)
    token = session.fetch_token(
        server["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
    )
    assert token["scope"] == "profile members:read"
    assert verify_offline(token["access_token"], server, house.issuer)["sub"] == str(house.world.alice.pk)
    assert len(session.get(f"{house.issuer}/api/v1/members").json()["items"]) == 2
    fresh = session.refresh_token(server["token_endpoint"])
    assert fresh["refresh_token"] != token["refresh_token"]
    if method != "none":
        asked = session.introspect_token(server["introspection_endpoint"], token=fresh["access_token"]).json()
        assert (asked["active"], asked["client_id"]) == (True, client_id)
    assert session.revoke_token(server["revocation_endpoint"], token=fresh["refresh_token"]).status_code == 200
    assert session.get(f"{house.issuer}/api/v1/me").status_code == 401


def test_authlib_acts_for_itself(house, opened):  # noqa: F811
    server = discover(house.issuer)
    session = opened(AuthlibSession(*house.client(["client_credentials"]), scope="profile"))
    token = session.fetch_token(server["token_endpoint"], grant_type="client_credentials")
    assert verify_offline(token["access_token"], server, house.issuer)["scope"] == "profile"
    assert session.get(f"{house.issuer}/api/v1/me").json()["subject_type"] == "client"


def test_requests_oauthlib_goes_the_whole_way(house, opened):  # noqa: F811
    server = discover(house.issuer)
    client_id, secret = house.client(ON_BEHALF)
    auth = HTTPBasicAuth(client_id, secret)
    session = opened(RequestsSession(client_id, redirect_uri=CALLBACK, scope=["profile"], pkce="S256"))
    url, _ = session.authorization_url(server["authorization_endpoint"])
    back = house.agree(url)
    token = session.fetch_token(server["token_endpoint"], authorization_response=back, auth=auth)
    assert verify_offline(token["access_token"], server, house.issuer)["client_id"] == client_id
    assert session.get(f"{house.issuer}/api/v1/me").status_code == 200
    fresh = session.refresh_token(server["token_endpoint"], auth=auth)
    asked = requests.post(server["introspection_endpoint"], {"token": fresh["access_token"]}, auth=auth, timeout=10)
    assert asked.json()["active"] is True
    assert requests.post(server["revocation_endpoint"], {"token": fresh["access_token"]}, auth=auth, timeout=10).ok
    assert session.get(f"{house.issuer}/api/v1/me").status_code == 401
    with pytest.raises(InvalidGrantError):
        session.refresh_token(server["token_endpoint"], auth=auth)


def test_requests_oauthlib_acts_for_itself(house, opened):  # noqa: F811
    server = discover(house.issuer)
    client_id, secret = house.client(["client_credentials"])
    session = opened(RequestsSession(client=BackendApplicationClient(client_id, scope=["profile"])))
    session.fetch_token(server["token_endpoint"], auth=HTTPBasicAuth(client_id, secret))
    assert session.get(f"{house.issuer}/api/v1/me").json()["client_id"] == client_id


def test_authlib_proves_itself_by_a_key(house, opened):  # noqa: F811
    from authlib.oauth2.rfc7523 import PrivateKeyJWT
    from cryptography.hazmat.primitives.asymmetric import ec
    from joserfc import jwk

    from accounts import assertions
    from accounts.models import Integration

    server = discover(house.issuer)
    client_id, _ = house.client(["client_credentials"])
    key = jwk.ECKey.import_key(ec.generate_private_key(ec.SECP256R1()))
    public = {"keys": [key.as_dict(private=False)]}
    assertions.add_keys(Integration.objects.get(pk=client_id), public, by=house.world.alice)
    session = opened(AuthlibSession(client_id, key, token_endpoint_auth_method="private_key_jwt"))
    # The audience is the issuer, as the RFC 9700 update wants it; Authlib's own default is the endpoint's URL.
    session.register_client_auth_method(PrivateKeyJWT(house.issuer, alg="ES256"))
    assert session.fetch_token(server["token_endpoint"], grant_type="client_credentials")["token_type"] == "Bearer"
