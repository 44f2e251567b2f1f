"""Tokens: what they say, what opens the API and what never does, what is kept of them."""

import base64
import json
from datetime import timedelta

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import clients, grants, keys, tokens
from accounts.models import Grant, SigningKey

pytestmark = pytest.mark.django_db


def parts(token):
    header, payload, signature = token.split(".")
    return json.loads(b64(header)), json.loads(b64(payload)), signature


def b64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def forged(world, header=None, claims=None, key=None, algorithm=None):
    """A token of Bob's with some of it changed, signed by our real key unless another is given."""
    good_header, good_claims, _ = parts(world.connect(world.bob)["access_token"])
    real = keys.signing_key()
    return jwt.encode(
        {**good_claims, **(claims or {})},
        key or real.material,
        algorithm=algorithm or real.algorithm,
        headers={**good_header, **(header or {})},
    )


def test_an_access_token_is_as_rfc_9068_wants_it(world, settings):
    header, claims, _ = parts(world.connect(world.bob)["access_token"])
    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": SigningKey.objects.get().kid}
    assert set(claims) >= {"iss", "aud", "sub", "client_id", "grant", "org", "scope", "epoch", "iat", "exp", "jti"}
    assert (claims["iss"], claims["aud"]) == (settings.ISSUER, settings.AUDIENCE)
    assert (claims["sub"], claims["client_id"]) == (str(world.bob.pk), str(world.sync.pk))
    assert claims["exp"] - claims["iat"] == 300
    assert world.bob.email not in json.dumps(claims)


def test_the_forger_signs_as_we_do(world):
    """The control: nothing changed is accepted, so what the other tests change is what gets refused."""
    assert tokens.verify(forged(world)).subject == world.bob.pk


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"typ": "JWT"}, {}),
        ({"typ": "rt+jwt"}, {}),
        ({"typ": None}, {}),
        ({"kid": "../../etc/passwd"}, {}),
        ({"jwk": {"kty": "oct", "k": "AAAA"}}, {}),
        ({"crit": ["b64"], "b64": False}, {}),
        ({}, {"iss": "https://evil.example"}),
        ({}, {"aud": "https://evil.example/api"}),
        ({}, {"aud": ["http://127.0.0.1:8000/api"]}),
        ({}, {"sub": "1"}),
        ({}, {"sub": ""}),
        ({}, {"sub": 7}),
        ({}, {"sub": "\0"}),
        ({}, {"exp": 1}),
        ({}, {"exp": "soon"}),
        ({}, {"exp": None}),
        ({}, {"exp": 1e308}),
        ({}, {"iat": "then"}),
        ({}, {"iat": 99_999_999_999}),
        ({}, {"jti": 5}),
        ({}, {"grant": "none"}),
        ({}, {"org": None}),
        ({}, {"scope": ["profile"]}),
        ({}, {"token_type": "refresh"}),
    ],
)
def test_a_token_with_one_thing_wrong_is_refused(world, header, claims):
    with pytest.raises(tokens.InvalidToken):
        tokens.verify(forged(world, header, claims))


def test_another_key_under_our_kid_is_refused(world):
    with pytest.raises(tokens.InvalidToken):
        tokens.verify(forged(world, key=ec.generate_private_key(ec.SECP256R1())))


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "HS256"])
def test_no_other_algorithm_is_believed(world, algorithm):
    header, claims, _ = parts(world.connect(world.bob)["access_token"])
    encoded = [_encode({**header, "alg": algorithm}), _encode(claims)]
    signature = ""
    if algorithm == "HS256":
        from cryptography.hazmat.primitives import hashes, hmac

        mac = hmac.HMAC(SigningKey.objects.get().public_pem.encode(), hashes.SHA256())
        mac.update(".".join(encoded).encode())
        signature = base64.urlsafe_b64encode(mac.finalize()).rstrip(b"=").decode()
    with pytest.raises(tokens.InvalidToken):
        tokens.verify(".".join([*encoded, signature]))


@pytest.mark.parametrize("header", [{"kid": ["x"]}, {"kid": None}, [], "x", 1, None, {"alg": "ES256"}])
def test_a_header_of_another_shape_is_refused(world, header):
    if isinstance(header, dict):
        header = {"alg": "ES256", "typ": "at+jwt", **header}
    with pytest.raises(tokens.InvalidToken):
        tokens.verify(f"{_encode(header)}.{_encode({})}.AAAA")


def _encode(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("change", ["{}=", "{}==", " {}", "{}\n", "{}.", ".{}", "Bearer {}", "{}.{}"])
def test_one_token_has_one_spelling(world, change):
    token = world.connect(world.bob)["access_token"]
    with pytest.raises(tokens.InvalidToken):
        tokens.verify(change.replace("{}", token))


def test_a_refresh_token_does_not_open_the_api_nor_an_access_token_refresh(world):
    answer = world.connect(world.bob)
    with pytest.raises(tokens.InvalidToken):
        tokens.verify(answer["refresh_token"])
    with pytest.raises(grants.InvalidGrant):
        grants.refresh(integration=world.sync, refresh_token=answer["access_token"])


@given(st.text())
def test_no_text_is_more_than_refused(text):
    with pytest.raises(tokens.InvalidToken):
        tokens.verify(text)


@pytest.mark.parametrize(
    "token", ["[" * 3000, f"{base64.urlsafe_b64encode(b'[' * 2500).decode()}.e30.e30", "a" * 10**6]
)
def test_deep_and_long_tokens_are_refused(token):
    with pytest.raises(tokens.InvalidToken):
        tokens.verify(token)


def test_it_expires(world):
    token = world.connect(world.bob)["access_token"]
    with time_machine.travel(timezone.now() + timedelta(seconds=301)), pytest.raises(tokens.InvalidToken):
        tokens.verify(token)


def test_an_access_token_is_checked_in_one_statement(world, django_assert_num_queries):
    claims = tokens.verify(world.connect(world.bob)["access_token"])
    with django_assert_num_queries(1):
        assert tokens.is_live(claims)


def test_a_refresh_takes_at_most_six_statements_client_authentication_included(world, django_assert_max_num_queries):
    had = world.connect(world.bob)
    with django_assert_max_num_queries(6):
        client = clients.authenticate(str(world.sync.pk), world.sync_secret)
        grants.refresh(integration=client.integration, refresh_token=had["refresh_token"])


def test_a_grant_has_an_end_that_no_refresh_moves(world):
    had, start = world.connect(world.bob), timezone.now()
    end = Grant.objects.get().expires_at
    with time_machine.travel(start, tick=False) as clock:
        for days in range(20, 365, 20):
            clock.move_to(start + timedelta(days=days))
            had = world.refresh(had)
            assert tokens.verify_refresh(had["refresh_token"]).expires_at <= end
        clock.move_to(end)
        with pytest.raises(grants.InvalidGrant):
            world.refresh(had)
    assert Grant.objects.get().expires_at == end


def test_the_token_just_replaced_gets_the_same_answer_for_ten_seconds(world):
    first = world.connect(world.bob)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        second = world.refresh(first)
        clock.shift(10)
        assert world.refresh(first) == second
        clock.shift(1)
        with pytest.raises(grants.InvalidGrant):
            world.refresh(first)
        with pytest.raises(grants.InvalidGrant):
            world.refresh(second)


def test_a_refresh_token_of_another_client_gives_nothing_and_costs_nothing(world):
    had = world.connect(world.bob)
    with pytest.raises(grants.InvalidGrant):
        grants.refresh(integration=world.pocket, refresh_token=had["refresh_token"])
    assert world.refresh(had)


def test_a_refresh_never_widens(world):
    had = world.connect(world.bob)
    with pytest.raises(grants.InvalidScope):
        grants.refresh(integration=world.sync, refresh_token=had["refresh_token"], scopes=("profile", "admin"))


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_each_algorithm_signs_and_verifies(world, settings, algorithm):
    settings.SIGNING_ALGORITHM = algorithm
    token = world.connect(world.bob)["access_token"]
    assert parts(token)[0]["alg"] == algorithm
    assert tokens.is_live(tokens.verify(token))


def test_the_jwks_has_public_members_only(world):
    world.connect(world.bob)
    (key,) = keys.jwks()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


def test_an_unknown_kid_is_looked_up_once_a_second_at_most(world, django_assert_num_queries):
    keys.verifying_key("unknown")
    with django_assert_num_queries(0):
        for number in range(50):
            assert keys.verifying_key(f"unknown{number}") is None
