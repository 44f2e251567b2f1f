"""A corpus of tokens that are not ours, or not exactly: each is 401 invalid_token, at once, and nothing is fetched.

The forger has our real key, so that what is wrong with a token is the one thing that its name says. The numbers are
rows of docs/standards.md.
"""

import base64
import json
import socket
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from accounts import keys

pytestmark = pytest.mark.django_db
ME = "/api/v1/me"


def b64(content):
    content = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Forger:
    """Takes a good token apart, and signs anything with the key that signed it."""

    def __init__(self, world):
        self.good = world.connect(world.bob)
        header, payload, self.signature = self.good["access_token"].split(".")
        self.header, self.claims = json.loads(unb64(header)), json.loads(unb64(payload))
        self.key = keys.signing_key()

    def sign(self, header, payload, key=None):
        """A compact JWS of these, as JSON or as raw bytes."""
        signed = f"{b64(header)}.{b64(payload)}"
        algorithm = jwt.get_algorithm_by_name(self.key.algorithm)
        return f"{signed}.{b64(algorithm.sign(signed.encode(), key or self.key.material))}"

    def with_header(self, **changed):
        return self.sign({k: v for k, v in {**self.header, **changed}.items() if v is not ...}, self.claims)

    def with_claims(self, **changed):
        return self.sign(self.header, {k: v for k, v in {**self.claims, **changed}.items() if v is not ...})

    def raw(self, payload):
        return self.sign(self.header, payload)

    def claims_with(self, member):
        """The good claims, with text put into the JSON as it stands."""
        return f"{json.dumps(self.claims)[:-1]}, {member}}}".encode()


@pytest.fixture
def forger(world):
    return Forger(world)


def status(client, token):
    answer = client.get(ME, HTTP_AUTHORIZATION=f"Bearer {token}")
    assert answer.status_code == 200 or 'error="invalid_token"' in answer["WWW-Authenticate"], answer.content
    return answer.status_code


def test_the_forger_signs_as_we_do(client, forger):
    """The control, without which the rest would show nothing."""
    assert status(client, forger.with_claims()) == 200


ALGORITHMS = ["none", "None", "NONE", "nOnE", "", None, ..., ["ES256"], "es256", "ES256 ", "ES384", "RS256", "HS256"]
ALGORITHMS += ["EdDSA", "PS256", "HS512", "PBES2-HS256+A128KW", 256, True, {"alg": "ES256"}]


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=str)
def test_row_6_no_algorithm_but_the_keys_own(client, forger, algorithm):
    token = forger.with_header(alg=algorithm)
    unsigned = token.rpartition(".")[0]
    for text in (token, f"{unsigned}.", f"{unsigned}.{'A' * 86}", unsigned):
        assert status(client, text) == 401


def public_key_spellings():
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

    from accounts.models import SigningKey

    pem = SigningKey.objects.get().public_pem
    der = load_pem_public_key(pem.encode()).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    (shown,) = keys.jwks()["keys"]
    texts = [pem, pem.strip(), pem.replace("\n", "\r\n"), pem.replace("\n", ""), json.dumps(shown), shown["x"]]
    texts += [json.dumps(shown, separators=(",", ":")), shown["kid"], shown["x"] + shown["y"], ""]
    return [text.encode() for text in texts] + [der, base64.b64encode(der), unb64(shown["x"])]


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_row_6_the_public_key_is_no_shared_secret(client, forger, digest):
    import hmac

    for secret in public_key_spellings():
        signed = f"{b64({**forger.header, 'alg': f'HS{digest[3:]}'})}.{b64(forger.claims)}"
        assert status(client, f"{signed}.{b64(hmac.digest(secret, signed.encode(), digest))}") == 401


def test_row_7_the_signature_is_checked(client, forger):
    head, payload, signature = forger.good["access_token"].split(".")
    raw = unb64(signature)
    bad = [b"", raw[:-1], raw + b"\0", bytes(64), raw[:32] + bytes(32), bytes(32) + raw[32:], raw[::-1]]
    bad += [bytes([raw[0] ^ 1]) + raw[1:], raw[:-1] + bytes([raw[-1] ^ 128])]
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    bad += [order.to_bytes(32, "big") * 2, (1).to_bytes(32, "big") * 2]
    for other in bad:
        assert status(client, f"{head}.{payload}.{b64(other)}") == 401
    swapped = b64({**forger.claims, "sub": forger.claims["client_id"]})
    assert status(client, f"{head}.{swapped}.{signature}") == 401
    foreign = forger.sign(forger.header, forger.claims, key=ec.generate_private_key(ec.SECP256R1()))
    assert status(client, foreign) == 401


@pytest.fixture
def trap():
    """A server on the loopback that nobody is to call."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/jwks.json"
        with pytest.raises(TimeoutError):
            listening.accept()


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "iss", "crit", "b64", "cty", "zip"])
@pytest.mark.parametrize("keeps_kid", [True, False])
def test_row_8_no_header_selects_or_fetches_a_key(client, forger, name, keeps_kid, trap):
    own = ec.generate_private_key(ec.SECP256R1())
    members = jwt.get_algorithm_by_name("ES256").to_jwk(own.public_key(), as_dict=True)
    values = {"jwk": members, "x5c": ["MIIB"], "crit": ["b64"], "b64": False, "zip": "DEF"}
    header = {**forger.header, name: values.get(name, trap)}
    if not keeps_kid:
        header["kid"] = trap
    for key in (own, None):
        assert status(client, forger.sign(header, forger.claims, key=key)) == 401


KIDS = ["", "../../../../dev/null", "/etc/passwd", "' UNION SELECT 'x", "'; SELECT pg_sleep(5); --", "x\0y", "x" * 3000]
KIDS += ["$(sleep 5)", "|sleep 5", "http://127.0.0.1:1/", "%00", "\ud800", None, ..., 0, 1.5, True, [], {}, ["x"]]


@pytest.mark.parametrize("kid", KIDS, ids=lambda kid: repr(kid)[:20])
def test_row_9_a_kid_is_a_name_to_look_up_and_nothing_else(client, forger, kid):
    started = time.monotonic()
    assert status(client, forger.with_header(kid=kid)) == 401
    assert time.monotonic() - started < 2


TYPES = ["JWT", "jwt", "rt+jwt", "application/at+jwt", "AT+JWT", "at+JWT", "at+jwt ", "dpop+jwt", "secevent+jwt"]
TYPES += ["logout+jwt", "id_token", "receipt+jwt", "JOSE", "", None, ..., 1, ["at+jwt"]]


@pytest.mark.parametrize("typ", TYPES, ids=str)
def test_row_10_only_an_access_token_opens_the_api(client, forger, typ):
    assert status(client, forger.with_header(typ=typ)) == 401


def test_row_10_nor_does_a_refresh_token(client, forger):
    assert status(client, forger.good["refresh_token"]) == 401


AUDIENCES = [..., None, "", "/api", "http://127.0.0.1:8000", "http://127.0.0.1:8000/api/", "http://127.0.0.1:8000/API"]
AUDIENCES += ["http://127.0.0.1:8000/api/v1", "https://127.0.0.1:8000/api", ["http://127.0.0.1:8000/api"], {}, 1]
ISSUERS = [
    ...,
    None,
    "",
    "http://127.0.0.1:8000/",
    "http://127.0.0.1",
    "https://127.0.0.1:8000",
    "HTTP://127.0.0.1:8000",
]
ISSUERS += ["http://127.0.0.1:8000 ", ["http://127.0.0.1:8000"], {}, 1, True]


@pytest.mark.parametrize("audience", AUDIENCES, ids=str)
def test_row_11_the_audience_is_ours_character_for_character(client, forger, audience):
    assert status(client, forger.with_claims(aud=audience)) == 401


def test_row_11_a_client_id_is_no_audience(client, forger):
    assert status(client, forger.with_claims(aud=forger.claims["client_id"])) == 401


@pytest.mark.parametrize("issuer", ISSUERS, ids=str)
def test_row_11_the_issuer_is_ours_character_for_character(client, forger, issuer):
    assert status(client, forger.with_claims(iss=issuer)) == 401


TIMES = [..., None, "", "9999999999", "soon", 0, -1, 1e308, 2**63, 2**64, 10**400, True, [], {}, 9999999999.5]


@pytest.mark.parametrize("exp", TIMES, ids=lambda value: repr(value)[:20])
def test_row_12_the_end_is_an_integer_in_the_future(client, forger, exp):
    assert status(client, forger.with_claims(exp=exp)) == 401


def test_row_12_it_ends_when_it_says_and_does_not_live_longer_than_ours(client, forger):
    now = int(time.time())
    assert status(client, forger.with_claims(iat=now - 300, exp=now)) == 401
    assert status(client, forger.with_claims(iat=now, exp=now + 10_000)) == 401
    assert status(client, forger.with_claims(EXP=now + 60, exp=...)) == 401


@pytest.mark.parametrize("iat", [..., None, "", "1", 1e9, True, [], 99_999_999_999], ids=str)
def test_row_12_it_was_issued_at_an_integer_by_now(client, forger, iat):
    assert status(client, forger.with_claims(iat=iat)) == 401


@pytest.mark.parametrize("nbf", [99_999_999_999, "x", None, {}], ids=str)
def test_row_12_not_before_is_honoured(client, forger, nbf):
    assert status(client, forger.with_claims(nbf=nbf)) == 401


def test_row_24_no_other_spelling_of_a_revoked_token_is_alive(client, forger):
    from django.utils import timezone

    from accounts.models import Grant

    token = forger.good["access_token"]
    Grant.objects.update(ended_at=timezone.now())
    again = [token, f"{token}=", f"{token}==", f"{token} ", f" {token}", forger.with_claims(), token.replace(".", ". ")]
    again += [forger.with_claims(x=1), forger.sign(dict(reversed(forger.header.items())), forger.claims)]
    for text in again:
        assert status(client, text) == 401


@pytest.mark.parametrize("name", ["sub", "client_id", "grant", "org", "jti", "scope", "epoch", "token_type"])
def test_row_57_each_claim_has_its_own_type(client, forger, name):
    wrong = [..., None, True, 1.5, [], {}, [forger.claims[name]], "\ud800", "x\0"]
    wrong += ["1", 1] if name != "epoch" else ["1", -1, 2**63, 2**64, "epoch"]
    if name in {"sub", "client_id", "grant", "org"}:
        own = forger.claims[name]
        wrong += ["", own.upper(), own.replace("-", ""), f"{{{own}}}", f"urn:uuid:{own}", f" {own}", "\uff11"]
    for value in wrong:
        if name in {"jti", "scope"} and isinstance(value, str):
            continue
        assert status(client, forger.with_claims(**{name: value})) == 401, value


def test_row_57_the_payload_is_a_utf_8_object_with_each_member_once(client, forger):
    good = json.dumps(forger.claims)
    bad = [good.encode("utf-16"), good.encode("utf-16-le"), good.encode("utf-32"), b"\xef\xbb\xbf" + good.encode()]
    bad += [b"[]", b"null", b"1", b'"x"', b"", b"{", f"[{good}]".encode(), good.encode() + b"x", good.encode() * 2]
    bad += [forger.claims_with(f'"sub": "{forger.claims["client_id"]}"'), forger.claims_with('"exp": 99999999999')]
    bad += [forger.claims_with('"x": NaN'), forger.claims_with('"x": Infinity'), forger.claims_with('"x": undefined')]
    bad += [b"\xff" + good.encode(), good.encode() + b"\0"]
    for payload in bad:
        assert status(client, forger.raw(payload)) == 401, payload[-60:]


def test_row_58_there_is_one_form_and_one_spelling_of_it(client, forger):
    token = forger.good["access_token"]
    head, payload, signature = token.split(".")
    forms = [f"{token}=", f"{head}=.{payload}.{signature}", f"{head}..{signature}", f"{head}.{payload}", f"{token}."]
    forms += [f"{token}.{signature}", f".{token}", "..", f"{head}.{payload}.{signature}\t", f"{head}\t.{payload}.x"]
    forms += [f"{head}.{payload}.{signature[:-1]}", f"{head}.{payload}.{other_spelling(signature)}", f'"{token}"']
    forms += [json.dumps({"payload": payload, "protected": head, "signature": signature}), f"{token},{token}"]
    forms += [f"{token}.{head}.{head}", token.replace("-", "+").replace("_", "/") + "/+", f"Bearer {token}"]
    for text in forms:
        assert status(client, text) == 401, text[-20:]


def other_spelling(signature):
    """The same bytes, with bits set in the last character that decode to nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = signature[:-1] + alphabet[alphabet.index(signature[-1]) ^ 1]
    assert unb64(other) == unb64(signature)
    return other


def test_row_59_size_and_depth_are_bounded_and_refusal_is_fast(client, forger):
    deep, wide = b"[" * 2000 + b"]" * 2000, json.dumps({str(n): n for n in range(300)}).encode()
    bombs = [forger.with_header(p2c=2**31 - 1, alg="PBES2-HS256+A128KW"), forger.with_header(zip="DEF")]
    bombs += [forger.raw(b'{"x": ' + deep + b"}"), forger.raw(wide), forger.with_claims(x="x" * 1_000_000)]
    bombs += ["a" * 1_000_000, ".".join(["a" * 5000] * 3), "." * 100_000, b64(deep) + ".e30.e30"]
    started = time.monotonic()
    for text in bombs:
        assert status(client, text) == 401
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("token", ["e30.e30.AAAA.AAAA.AAAA", "a.b.c.d.e"])
def test_row_58_what_is_encrypted_is_not_ours(client, token):
    assert status(client, token) == 401
