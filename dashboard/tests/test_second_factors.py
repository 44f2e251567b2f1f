"""Second factors: asked for, spent once, encrypted, forgotten by a revocation, required by an organisation."""

import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from cryptography.fernet import Fernet
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts import at_rest, keys, revocation, second_factors, tokens
from accounts.models import Cause, Invitation, Membership, Organisation, Revocation, SecurityEvent, Session, User
from accounts.revocation import Scope
from accounts.tests.world import PASSWORD, authorize_url
from dashboard.tests.places import passkey

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW = 1_800_000_000


def code(at=NOW, secret=SECRET):
    return format_hotp_value(hotp_value(secret, int(at) // 30))


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def bob(world, rf, clock):
    """Bob, with an authenticator app."""
    TOTP.activate(world.bob, SECRET)
    return world.bob


def password(user, client=None):
    client = client or Client()
    return client, client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})


def sign_in(user, at=NOW, trust="skip", client=None):
    client, _ = password(user, client)
    client.post("/accounts/2fa/authenticate/", {"code": code(at)})
    client.post("/accounts/2fa/trust/", {"action": trust})
    return client


def is_in(client):
    return client.get("/dashboard/").status_code == 200


def test_the_password_alone_opens_nothing(bob):
    client, answer = password(bob)
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert not is_in(client)
    assert is_in(sign_in(bob))


def test_a_passkey_is_offered_to_whoever_has_one(bob):
    assert b"Use a passkey" not in password(bob)[0].get("/accounts/2fa/authenticate/").content
    passkey(bob)
    assert b"Use a passkey" in password(bob)[0].get("/accounts/2fa/authenticate/").content


def test_a_code_works_once_whatever_the_cache_remembers(bob):
    assert is_in(sign_in(bob))
    cache.clear()
    assert not is_in(sign_in(bob))


def test_a_code_is_good_for_its_own_half_minute(bob, clock):
    clock.shift(31)
    assert not is_in(sign_in(bob, at=NOW))
    assert not is_in(sign_in(bob, at=NOW + 62))
    assert is_in(sign_in(bob, at=NOW + 31))


def test_secrets_are_encrypted_at_rest(bob):
    row = Authenticator.objects.get(user=bob)
    assert SECRET not in str(row.data)
    assert TOTP(row).validate_code(code())


def test_a_recovery_code_works_once(bob):
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    codes = RecoveryCodes.activate(bob).get_unused_codes()
    for expected in (True, False):
        client, _ = password(bob)
        client.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        client.post("/accounts/2fa/trust/", {"action": "skip"})
        assert is_in(client) is expected


@pytest.mark.parametrize("junk", ["", "000000", "x", "a\0b", "9" * 500, "\u0661\u0662\u0663\u0664\u0665\u0666"])
def test_a_wrong_code_is_a_form_again(bob, junk):
    client, _ = password(bob)
    assert client.post("/accounts/2fa/authenticate/", {"code": junk}).status_code == 200
    assert not is_in(client)


def test_wrong_codes_are_on_record(bob):
    client, _ = password(bob)
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert SecurityEvent.objects.get(kind="sign_in_failed", user=bob).details["what"] == "Wrong code"


def test_guessing_codes_is_slowed_down(bob):
    client, _ = password(bob)
    answers = [client.post("/accounts/2fa/authenticate/", {"code": f"{n:06}"}) for n in range(12)]
    assert b"Too many" in answers[-1].content


def test_a_trusted_browser_is_not_asked_again(bob, clock):
    client = sign_in(bob, trust="trust")
    client.post("/accounts/logout/")
    assert password(bob, client)[1]["Location"] == "/dashboard/"


@pytest.mark.parametrize("cause", [Cause.SIGNED_OUT_EVERYWHERE, Cause.COMPROMISED])
def test_a_revocation_forgets_trusted_browsers(bob, clock, cause):
    client = sign_in(bob, trust="trust")
    revocation.revoke(Scope(user=bob), cause=cause)
    user = User.objects.get(pk=bob.pk)
    user.set_password(PASSWORD)
    User.objects.filter(pk=bob.pk).update(password=bob.password)
    assert password(bob, client)[1]["Location"].startswith("/accounts/2fa/authenticate/")


def test_a_forged_cookie_makes_nothing_trusted(bob):
    client = Client()
    client.cookies["known_browser"] = client.cookies["mfa_trusted"] = "forged"
    assert password(bob, client)[1]["Location"].startswith("/accounts/2fa/authenticate/")


def test_a_revocation_between_the_two_steps_ends_the_sign_in(bob):
    client, _ = password(bob)
    revocation.revoke(Scope(user=bob), cause=Cause.SIGNED_OUT_EVERYWHERE)
    client.post("/accounts/2fa/authenticate/", {"code": code()})
    client.post("/accounts/2fa/trust/", {"action": "skip"})
    assert not is_in(client)


def test_whoever_lost_their_last_one_between_the_two_steps_begins_anew(bob):
    client, _ = password(bob)
    second_factors.take_away(Authenticator.objects.get(user=bob), by=None)
    assert client.post("/accounts/2fa/authenticate/", {"code": code()})["Location"] == "/accounts/login/"
    assert password(bob, client)[1]["Location"] == "/dashboard/"


def test_the_admin_asks_for_it_too(world, bob):
    User.objects.filter(pk=bob.pk).update(is_staff=True, is_superuser=True)
    client, _ = password(bob)
    assert client.get("/admin/").status_code == 302
    assert sign_in(bob).get("/admin/").status_code == 200


def activate(client):
    client.get("/accounts/2fa/totp/activate/")
    secret = client.session["mfa.totp.secret"]
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code(time.time(), secret)})
    assert answer.status_code == 302, answer.content
    return secret


@pytest.mark.django_db(transaction=True)
def test_setting_one_up_ends_other_sessions_tells_by_mail_and_is_on_record(world, browser, clock):
    here, there = browser(world.bob), browser(world.bob)
    secret = activate(here)
    assert (is_in(here), is_in(there)) == (True, False)
    assert SecurityEvent.objects.get(kind="second_factor_added").user == world.bob
    assert mail.outbox[-1].to == [world.bob.email]
    client, _ = password(world.bob)
    client.post("/accounts/2fa/authenticate/", {"code": code(NOW, secret)})
    assert not is_in(client), "the code that set it up is spent"


@pytest.mark.parametrize(
    "path",
    ["/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/", "/accounts/2fa/recovery-codes/generate/"],
)
def test_a_change_of_them_asks_again_who_it_is(world, browser, path):
    start = time.time()
    bob = browser(world.bob)
    with time_machine.travel(start + 600):
        assert bob.get(path)["Location"].startswith("/accounts/reauthenticate/")


def test_a_sensitive_request_goes_on_by_itself_once_it_is_clear_who_it_is(world, browser):
    start = time.time()
    alice = browser(world.alice)
    target = f"/dashboard/organisations/{world.acme.pk}/members/{world.bob.pk}/"
    with time_machine.travel(start + 600):
        answer = alice.post(target, {"role": "admin"})
        assert answer["Location"].startswith("/accounts/reauthenticate/")
        assert world.bob.memberships.get().role == "member"
        alice.post(answer["Location"], {"password": PASSWORD, "next": target})
    assert world.bob.memberships.get().role == "admin"


def test_an_invitation_is_sensitive_as_a_role_is(world, browser):
    start = time.time()
    alice, path = browser(world.alice), f"/dashboard/organisations/{world.acme.pk}/members/"
    with time_machine.travel(start + 600):
        answer = alice.post(path, {"email": "carol@example.com", "role": "owner"})
        assert answer["Location"].startswith("/accounts/reauthenticate/")
        assert not Invitation.objects.exists()
        alice.post(answer["Location"], {"password": PASSWORD, "next": path})
    assert Invitation.objects.get().role == "owner"


@pytest.mark.parametrize(
    "path", ["integrations/", "integrations/{}/secrets/", "integrations/{}/keys/", "integrations/{}/disable/"]
)
def test_secrets_are_sensitive(world, browser, path):
    start = time.time()
    alice = browser(world.alice)
    with time_machine.travel(start + 600):
        answer = alice.post("/dashboard/" + path.format(world.sync.pk))
    assert answer["Location"].startswith("/accounts/reauthenticate/")


@pytest.fixture
def strict(world):
    """Acme requires a second factor; Alice, who said so, has one."""
    TOTP.activate(world.alice, SECRET)
    second_factors.require(world.acme, True, by=world.alice)
    return world


@pytest.mark.parametrize("path", ["/dashboard/", "/dashboard/sessions/", "/accounts/email/", "/admin/", "consent"])
def test_whoever_lacks_a_required_one_is_led_to_set_it_up_before_anything_else(strict, browser, path):
    bob = browser(strict.bob)
    answer = bob.get(authorize_url(strict.sync) if path == "consent" else path)
    assert answer["Location"] == "/accounts/2fa/"
    assert b"requires a second factor" in bob.get("/accounts/2fa/").content
    assert bob.post(authorize_url(strict.sync), {"decision": "allow"})["Location"] == "/accounts/2fa/"
    assert not strict.bob.grants.exists()


def test_they_are_told_by_whom_and_may_sign_out_everywhere(strict, browser):
    bob, there = browser(strict.bob), browser(strict.bob)
    page = bob.get("/dashboard/", follow=True).content.decode()
    assert '<li class="note info">Acme requires a second factor.' in page
    assert 'href="/dashboard/sign-out-everywhere/"' in page
    assert "2 sessions" in bob.get("/dashboard/sign-out-everywhere/").content.decode()
    assert "Ended: 2 sessions" in bob.post("/dashboard/sign-out-everywhere/", follow=True).content.decode()
    assert there.get("/accounts/2fa/").status_code == 302


def test_with_one_set_up_everything_opens_in_the_same_session(strict, browser):
    bob = browser(strict.bob)
    activate(bob)
    assert is_in(bob)


def test_strangers_to_the_organisation_are_not_asked(strict, browser):
    assert is_in(browser(strict.mallory))


def test_whoever_has_none_is_led_to_one_rather_than_offered_to_require_it(world, browser):
    url = f"/dashboard/organisations/{world.acme.pk}/security/"
    alice = browser(world.alice)
    assert b"Require it of all" not in alice.get(url).content
    assert b"set up your own" in alice.get(url).content
    TOTP.activate(world.alice, SECRET)
    assert b"Require it of all 2 members" in alice.get(url).content


def test_only_owners_require_it_and_only_with_one_of_their_own(world, browser):
    url = f"/dashboard/organisations/{world.acme.pk}/security/"
    assert browser(world.bob).post(url, {"required": "yes"}).status_code == 404
    assert b"lock yourself out" in browser(world.alice).post(url, {"required": "yes"}, follow=True).content
    world.acme.refresh_from_db()
    assert not world.acme.requires_mfa


def test_the_check_costs_no_statement(strict, browser, django_assert_num_queries):
    mallory = browser(strict.mallory)
    with django_assert_num_queries(1):
        assert mallory.get("/accounts/password/change/").status_code == 200


def test_tokens_are_no_way_around_it(world):
    TOTP.activate(world.alice, SECRET)
    had = [world.connect(world.alice), world.own_tokens(), world.connect(world.bob), world.connect(world.bob)]
    alice, url = browser_of_alice(world), f"/dashboard/organisations/{world.acme.pk}/security/"
    assert "2 connected apps" in alice.get(url).content.decode()
    alice.post(url, {"required": "yes"})
    assert [tokens.is_live(tokens.verify(one["access_token"])) for one in had] == [True, True, False, False]
    assert Revocation.objects.get().ended == {"sessions": 0, "grants": 2, "codes": 0, "client_secrets": 0}


def test_nor_is_taking_it_off_again(strict, browser):
    bob = browser(strict.bob)
    activate(bob)
    had, elsewhere = strict.connect(strict.bob), Organisation.objects.create(name="Elsewhere")
    Membership.objects.create(user=strict.bob, organisation=elsewhere)
    bob.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=strict.bob, type="totp").exists()
    assert not tokens.is_live(tokens.verify(had["access_token"]))


def test_an_operator_who_takes_it_away_ends_them_too(strict, browser):
    bob = browser(strict.bob)
    activate(bob)
    had = strict.connect(strict.bob)
    second_factors.take_away(Authenticator.objects.get(user=strict.bob, type="totp"), by=None)
    assert not tokens.is_live(tokens.verify(had["access_token"]))


JUNK = [
    "[" * 100_000,
    '{"id": 1}',
    '{"id": ' + "9" * 5000 + "}",
    "[]",
    "1",
    '"x"',
    "{}",
    '{"response": {"clientDataJSON": "AA"}}',
]
JUNK += ['{"id":"AA","rawId":"AA","response":{"clientDataJSON":"AA","attestationObject":"oA"},"type":"public-key"}']
JUNK += ['{"id":"AA","rawId":"AA","response":{"clientDataJSON":"e30","attestationObject":"oA"},"type":"public-key"}']
JUNK += ['{"id":"AA","rawId":"AA","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":""}}']


@pytest.mark.parametrize("credential", JUNK)
def test_what_is_no_passkey_is_refused(world, browser, client, credential):
    assert client.post("/accounts/2fa/webauthn/login/", {"credential": credential}).status_code == 302
    alice = browser_of_alice(world)
    alice.get("/accounts/2fa/webauthn/add/")
    assert alice.post("/accounts/2fa/webauthn/add/", {"name": "x", "credential": credential}).status_code == 200
    assert not Authenticator.objects.filter(type="webauthn").exists()


def test_nobody_makes_sessions_without_end_by_asking_for_a_passkey_s_options(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_by_passkey": "3/m/ip"}
    answers = []
    for _ in range(5):
        client.cookies.clear()
        answers.append(client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"}).status_code)
    assert (answers, Session.objects.count()) == ([200, 200, 200, 429, 429], 3)
    assert client.get("/accounts/2fa/webauthn/login/").status_code == 302  # makes none
    assert client.post("/accounts/2fa/webauthn/login/", {"credential": "{}"}).status_code == 302


def browser_of_alice(world):
    with time_machine.travel(time.time(), tick=False):
        return sign_in(world.alice, at=time.time())


def test_the_admin_shows_no_secret_and_takes_one_away_on_record(world, browser, bob):
    User.objects.filter(pk=world.alice.pk).update(is_staff=True, is_superuser=True)
    alice, row = browser(world.alice), Authenticator.objects.get(user=bob)
    client = sign_in(bob)
    page = alice.get(f"/admin/mfa/authenticator/{row.pk}/change/").content.decode()
    assert row.data["secret"] not in page
    assert alice.post(f"/admin/mfa/authenticator/{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not is_in(client)
    assert SecurityEvent.objects.get(kind="second_factor_removed").actor == world.alice


def test_a_secret_that_no_key_opens_is_refused_and_no_error(bob, settings):
    settings.KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    client, _ = password(bob)
    assert client.post("/accounts/2fa/authenticate/", {"code": code()}).status_code == 200
    assert not is_in(client)


def test_what_is_encrypted_comes_under_the_newest_key_and_the_old_one_may_go(bob, settings):
    (old,) = settings.KEY_ENCRYPTION_KEYS
    signing = keys.signing_key().kid
    codes = RecoveryCodes.activate(bob).generate_codes()
    new = Fernet.generate_key().decode()
    settings.KEY_ENCRYPTION_KEYS = [new, old]
    at_rest.renew()
    at_rest.renew()
    settings.KEY_ENCRYPTION_KEYS = [new]
    keys.forget()
    assert keys.signing_key().kid == signing
    assert RecoveryCodes.activate(bob).generate_codes() == codes
    assert is_in(sign_in(bob))


@pytest.mark.django_db(transaction=True)
def test_a_copied_cookie_does_not_outlive_a_new_second_factor(world, browser):
    here = browser(world.bob)
    copied = Client()
    copied.cookies["sessionid"] = here.cookies["sessionid"].value
    here.get("/accounts/2fa/totp/activate/")
    secret = here.session["mfa.totp.secret"]
    here.post("/accounts/2fa/totp/activate/", {"code": code(time.time(), secret)})
    assert Authenticator.objects.filter(user=world.bob, type="totp").exists()
    assert [is_in(here), is_in(copied)] == [True, False]
