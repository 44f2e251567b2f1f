"""private_key_jwt (RFC 7523): a client signs who it is; for us alone, for an hour at most, and once."""

import json
import time
import uuid
from io import StringIO

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import assertions, clients, late_tries, revocation, tokens
from accounts.models import Cause, ClientSecret, SecurityEvent, UsedAssertion
from accounts.revocation import Scope
from accounts.tests.races import together

pytestmark = pytest.mark.django_db
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEYS = {
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
}


def public(algorithm="ES256", key=None):
    material = (key or KEYS[algorithm]).public_key()
    return jwt.get_algorithm_by_name(algorithm).to_jwk(material, as_dict=True)


def signed(world, algorithm="ES256", key=None, header=None, **changed):
    client_id = str(world.export.pk)
    claims = {"iss": client_id, "sub": client_id, "aud": "http://127.0.0.1:8000", "jti": str(uuid.uuid4())}
    claims = {**claims, "iat": int(time.time()), "exp": int(time.time()) + 60, **changed}
    claims = {name: value for name, value in claims.items() if value is not ...}
    return jwt.encode(claims, key or KEYS[algorithm], algorithm=algorithm, headers=header)


def ask(assertion, path="/oauth/token", client=None, **fields):
    fields = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion, **fields}
    return (client or Client()).post(path, {"grant_type": "client_credentials", "token": "x", **fields})


@pytest.fixture
def key(world):
    (row,) = assertions.add_keys(world.export, {"keys": [public()]}, by=world.alice)
    return row


@pytest.mark.parametrize("algorithm", list(KEYS))
def test_each_algorithm_proves_it(world, algorithm):
    assertions.add_keys(world.export, {"keys": [public(algorithm)]}, by=world.alice)
    answer = ask(signed(world, algorithm))
    assert answer.status_code == 200, answer.content
    assert tokens.verify(answer.json()["access_token"]).client_id == world.export.pk


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/introspect"])
def test_it_is_taken_wherever_a_client_shows_who_it_is(world, key, path):
    assert ask(signed(world), path).status_code == 200
    assert ask("x.y.z", path).json()["error"] == "invalid_client"


def test_the_secret_works_on_beside_it(world, key):
    fields = {"grant_type": "client_credentials", "client_id": world.export.pk, "client_secret": world.export_secret}
    assert Client().post("/oauth/token", fields).status_code == 200


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/introspect"])
def test_an_assertion_works_once_wherever_it_is_sent_again(world, key, path):
    assertion = signed(world)
    assert ask(assertion).status_code == 200
    assert ask(assertion, path).status_code == 401


WRONG = {
    "the token endpoint as audience": {"aud": "http://127.0.0.1:8000/oauth/token"},
    "a list of audiences": {"aud": ["http://127.0.0.1:8000"]},
    "another audience": {"aud": "https://evil.example"},
    "a trailing slash": {"aud": "http://127.0.0.1:8000/"},
    "no audience": {"aud": ...},
    "another issuer": {"iss": str(uuid.uuid4())},
    "no issuer": {"iss": ...},
    "no subject": {"sub": ...},
    "a number as subject": {"sub": 7},
    "another spelling": {"sub": "{00000000-0000-4000-8000-000000000000}"},
    "NUL": {"sub": "\0"},
    "no end": {"exp": ...},
    "over": {"exp": int(time.time()) - 1},
    "too long a life": {"exp": int(time.time()) + 7200},
    "a fraction": {"exp": time.time() + 60.5},
    "a text": {"exp": "9999999999"},
    "true": {"exp": True},
    "from tomorrow": {"iat": int(time.time()) + 86_400},
    "not yet": {"nbf": int(time.time()) + 86_400},
    "no name": {"jti": ...},
    "an empty name": {"jti": ""},
    "a number as name": {"jti": 1},
    "too long a name": {"jti": "x" * 256},
}


@pytest.mark.parametrize("what", WRONG)
def test_one_thing_wrong_and_it_is_nobody(world, key, what):
    answer = ask(signed(world, **WRONG[what]))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert not UsedAssertion.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"aud": "http://127.0.0.1:8000/oauth/token"}, "its aud is not"),
        ({"iss": str(uuid.uuid4())}, "its iss is not"),
        ({"exp": int(time.time()) + 7200}, "more than 3600 seconds ahead"),
        ({"exp": int(time.time()) - 1}, "its exp has passed"),
        ({"nbf": int(time.time()) + 86_400}, "lies ahead"),
        ({"jti": 1}, "its jti is no text"),
        ({"exp": "1"}, "no whole number"),
    ],
)
def test_whoever_holds_the_key_is_told_what_is_wrong_and_nobody_else(world, key, wrong, said):
    assert said in ask(signed(world, **wrong)).json()["error_description"]
    other = ec.generate_private_key(ec.SECP256R1())
    assert said not in ask(signed(world, key=other, **wrong)).json()["error_description"]
    used = signed(world)
    ask(used)
    assert "was used before" in ask(used).json()["error_description"]


def test_another_key_or_algorithm_is_nobodys(world, key):
    other = ec.generate_private_key(ec.SECP256R1())
    embedded = signed(world, key=other, header={"jwk": public(key=other), "jku": "http://127.0.0.1:1/"})
    for assertion in (signed(world, key=other), signed(world, "RS256"), signed(world, "EdDSA"), embedded):
        assert ask(assertion).status_code == 401
    unsigned = signed(world).rpartition(".")[0] + "."
    assert ask(unsigned).status_code == 401
    assert ask(signed(world, "HS256", key=public()["x"].encode())).status_code == 401


@pytest.mark.parametrize("assertion", ["x", "a.b.c", "e30.e30.AAAA", "x" * 4000, "..", "[" * 500 + ".x.y"])
def test_junk_is_nobody(world, key, assertion):
    assert ask(assertion).status_code == 401


def test_two_ways_at_once_are_refused(world, key):
    assert ask(signed(world), client_secret="x").json()["error"] == "invalid_request"
    assert ask(signed(world), client_assertion_type="x").json()["error"] == "invalid_request"
    assert ask(signed(world), client_id=str(world.sync.pk)).json()["error"] == "invalid_client"
    assert ask(signed(world), client_id=str(world.export.pk)).status_code == 200


def test_a_key_ends_like_a_secret_and_takes_its_tokens_along(world, key):
    had = ask(signed(world)).json()["access_token"]
    revocation.revoke(Scope(client_secret=key), cause=Cause.ENDED)
    assert ask(signed(world)).status_code == 401
    assert not tokens.is_live(tokens.verify(had))
    assert [tried.credential for tried in late_tries.tally._counts] == [key.secret_hash]


def test_it_ends_with_whoever_added_it(world, key):
    revocation.revoke(Scope(user=world.alice), cause=Cause.COMPROMISED)
    assert ask(signed(world)).status_code == 401


@pytest.mark.parametrize(
    "jwks",
    [
        None,
        [],
        {},
        {"keys": []},
        {"keys": ["x"]},
        {"keys": [{}]},
        {"keys": [{"kty": "oct", "k": "AAAA"}]},
        {"keys": [{**public(), "d": "AAAA"}]},
        {"keys": [{**public(), "alg": "none"}]},
        {"keys": [{**public(), "use": "enc"}]},
        {"keys": [{**public(), "x": "AAAA"}]},
        {"keys": [{**public(), "crv": "P-384"}]},
        {"keys": [{**public(), "kty": ["EC"]}]},
        {"keys": [public("RS256", rsa.generate_private_key(public_exponent=65537, key_size=1024))]},
        {"keys": [{**public("RS256"), "e": public("RS256")["n"]}]},
        {"keys": [{**public("RS256"), "e": "AQAAAAAAAAAAAAAB"}]},
    ],
)
def test_what_is_no_public_key_of_use_is_refused_and_nothing_kept(world, jwks):
    before = ClientSecret.objects.count()
    with pytest.raises(assertions.BadKey):
        assertions.add_keys(world.export, jwks, by=world.alice)
    assert ClientSecret.objects.count() == before


@pytest.mark.parametrize("algorithm", list(KEYS))
def test_a_key_in_pem_is_taken_too(world, algorithm):
    text = KEYS[algorithm].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assertions.add_keys(world.export, assertions.read(f"\n{text}"), by=world.alice)
    assert ask(signed(world, algorithm)).status_code == 200


PRIVATE = KEYS["ES256"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize("text", ["", "x", "[" * 100_000, PRIVATE, "-----BEGIN PUBLIC KEY-----\nx\n", "-----BEGIN"])
def test_what_is_no_public_key_is_not_read(text):
    with pytest.raises(assertions.BadKey):
        assertions.read(text)


def test_of_a_key_nothing_is_kept_but_what_verifies(world):
    sent = {**public(), "kid": "\0"}  # which PostgreSQL does not keep
    (row,) = assertions.add_keys(world.export, {"keys": [sent]}, by=world.alice)
    assert set(row.public_jwk) <= {"kty", "crv", "x", "y", "alg"}
    assert ask(signed(world)).status_code == 200


def test_a_public_integration_has_none(world):
    with pytest.raises(clients.PublicClient):
        assertions.add_keys(world.pocket, {"keys": [public()]}, by=world.alice)


def test_a_disabled_one_takes_none(world, browser):
    revocation.revoke(Scope(integration=world.export), cause=Cause.ENDED)
    with pytest.raises(clients.UnknownClient):
        assertions.add_keys(world.export, {"keys": [public()]}, by=world.alice)
    url, fields = f"/dashboard/integrations/{world.export.pk}/keys/", {"jwks": json.dumps({"keys": [public()]})}
    assert "takes no more secrets" in browser(world.alice).post(url, fields, follow=True).content.decode()
    assert not ClientSecret.objects.exclude(public_jwk=None).exists()


def test_its_use_is_noted_once_a_minute(world, key):
    for _ in range(2):
        ask(signed(world))
        key.refresh_from_db()
    assert key.last_used_at is not None


def test_secrets_and_keys_together_are_two_at_most(world, key):
    with pytest.raises(clients.TooManySecrets):
        assertions.add_keys(world.export, {"keys": [public("EdDSA")]}, by=world.alice)


def test_the_integrations_page_takes_and_ends_them(world, browser):
    alice, base = browser(world.alice), f"/dashboard/integrations/{world.export.pk}/"
    page = alice.post(f"{base}keys/", {"jwks": json.dumps({"keys": [public()]})}, follow=True).content.decode()
    row = ClientSecret.objects.exclude(public_jwk=None).get()
    assert f"Added the ES256 key {row}." in page and f'aria-label="End the ES256 key {row}"' in page
    assert SecurityEvent.objects.filter(kind="secret_created").latest("at").actor == world.alice
    had = ask(signed(world)).json()["access_token"]
    assert "Ended the ES256 key" in alice.post(f"{base}secrets/{row.pk}/end/", follow=True).content.decode()
    assert not tokens.is_live(tokens.verify(had))
    assert ask(signed(world)).status_code == 401


@pytest.mark.parametrize("jwks", ["", "x", '{"keys": []}', PRIVATE, json.dumps({"keys": [public()] * 2}), "x" * 20_001])
def test_its_form_says_what_is_wrong_and_keeps_nothing(world, browser, jwks):
    before = ClientSecret.objects.count()
    answer = browser(world.alice).post(f"/dashboard/integrations/{world.export.pk}/keys/", {"jwks": jwks})
    assert (answer.status_code, bool(answer.context["keys_form"].errors["jwks"])) == (400, True)
    assert ClientSecret.objects.count() == before


def test_it_is_for_whoever_manages_the_integration(world, browser):
    url, fields = f"/dashboard/integrations/{world.export.pk}/keys/", {"jwks": json.dumps({"keys": [public()]})}
    assert [browser(user).post(url, fields).status_code for user in (world.bob, world.mallory)] == [404, 404]
    refused = browser(world.alice).post(f"/dashboard/integrations/{world.pocket.pk}/keys/", fields)
    assert b"has no keys" not in refused.content and refused.status_code == 400
    assert not ClientSecret.objects.exclude(public_jwk=None).exists()


def test_the_command_adds_them_and_says_what_is_wrong(world, tmp_path):
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [public()]}))
    options = ["add_client_keys", "--client", str(world.export.pk), "--by", "alice@example.com", str(file)]
    out = StringIO()
    call_command(*options, stdout=out)
    assert "Added" in out.getvalue() and ask(signed(world)).status_code == 200
    for wrong in (["--client", "x"], ["--by", "nobody@example.com"]):  # the last one given counts
        with pytest.raises(CommandError, match="Nothing was changed"):
            call_command(*options, *wrong)
    with pytest.raises(CommandError, match="Two secrets or keys"):
        call_command(*options)
    with pytest.raises(CommandError, match="PKCE"):
        call_command(*options, "--client", str(world.pocket.pk))


@pytest.mark.django_db(transaction=True)
def test_of_twenty_uses_at_once_one_counts(world):
    from accounts import keys

    keys.signing_key()
    assertions.add_keys(world.export, {"keys": [public()]}, by=world.alice)
    assertion = signed(world)
    assert sorted(together(20, lambda: ask(assertion).status_code)) == [200] + [401] * 19


def test_used_ones_are_forgotten_once_they_have_run_out(world, key):
    import time_machine

    ask(signed(world))
    call_command("purge", stdout=StringIO())
    assert UsedAssertion.objects.count() == 1
    with time_machine.travel(time.time() + 120):
        call_command("purge", stdout=StringIO())
    assert not UsedAssertion.objects.exists()
