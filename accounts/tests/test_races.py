"""What loses races in the libraries of the field, and must not here. Each comment says which one loses, and how.

Ordered by pauses at named points, and by brute force beside it; on SQLite and PostgreSQL alike.
"""

import time
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import make_password
from django.db.models import F
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken as StockRefreshToken

from accounts import (
    clients,
    credentials,
    grants,
    keys,
    live_grants,
    members,
    ranks,
    revocation,
    second_factors,
    tokens,
)
from accounts.grants import codes
from accounts.grants.own import OF_SECRET
from accounts.models import Cause, ClientSecret, Grant, Integration, Invitation, Membership, Session, User
from accounts.revocation import Scope
from accounts.sessions import SessionStore
from accounts.tests.races import in_flight, paused_before, together
from accounts.tests.world import CALLBACK, PASSWORD, VERIFIER

pytestmark = pytest.mark.django_db(transaction=True)


def works(answer):
    """Whether the access token of an answer opens the API."""
    return not isinstance(answer, Exception) and tokens.is_live(tokens.verify(answer["access_token"]))


def compromise(user):
    return revocation.revoke(Scope(user=user), cause=Cause.COMPROMISED)


@pytest.fixture(autouse=True)
def _key(db):
    keys.signing_key()  # so that no thread has to make one


# simplejwt refuses a reused refresh token, and its child goes on.
def test_reuse_kills_the_child_too(world):
    first = world.connect(world.bob)
    child = world.refresh(world.refresh(first))
    with pytest.raises(grants.InvalidGrant):
        world.refresh(first)
    assert not works(child)
    with pytest.raises(grants.InvalidGrant):
        world.refresh(child)


# simplejwt: a deactivated user's tokens are valid again once they are reactivated; a deleted user's refresh is a 500.
def test_reactivation_revives_nothing(world):
    had = world.connect(world.bob)
    revocation.revoke(Scope(user=world.bob), cause=Cause.DEACTIVATED)
    credentials.reactivate(world.bob)
    assert not works(had)
    with pytest.raises(grants.InvalidGrant):
        world.refresh(had)


def test_a_deleted_users_refresh_is_refused_in_good_order(world):
    had = world.connect(world.bob)
    world.bob.delete()
    with pytest.raises(grants.InvalidGrant):
        world.refresh(had)


# simplejwt: eight refreshes at once become up to eight live families.
def test_refreshes_at_once_give_one_family(world):
    had = world.connect(world.bob)
    answers = together(8, lambda: world.refresh(had))
    assert len({answer["refresh_token"] for answer in answers}) == 1
    assert Grant.objects.live().count() == 1
    assert works(world.refresh(answers[0]))


# simplejwt: a refresh in flight outlives "blacklist every outstanding token".
@pytest.mark.parametrize("point", ["mint", "mint_refresh"])
def test_a_refresh_in_flight_cannot_outlive_the_revocation(world, point):
    had = world.connect(world.bob)
    with paused_before(tokens, point) as pause:
        answer = in_flight(lambda: world.refresh(had), pause, lambda: compromise(world.bob))
    assert not works(answer)
    if not isinstance(answer, Exception):
        with pytest.raises(grants.InvalidGrant):
            world.refresh(answer)


@pytest.mark.parametrize("what", ["code", "refresh token"])
def test_whoever_is_deleted_meanwhile_gets_nothing(world, what):
    had, code = world.connect(world.bob), world.code(world.bob)
    waiting = grants.find_code(code, integration=world.sync)
    redeem = {
        "code": lambda: grants.redeem(waiting, code_verifier=VERIFIER),
        "refresh token": lambda: world.refresh(had),
    }
    with paused_before(tokens, "mint_refresh") as pause:
        answer = in_flight(redeem[what], pause, lambda: User.objects.get(pk=world.bob.pk).delete())
    assert isinstance(answer, grants.InvalidGrant)


def test_stock_simplejwt_loses_that_race(world):
    """That the test above can fail: the same order of events, with simplejwt's parts."""
    api_settings.SIGNING_KEY  # noqa: B018
    with stock_simplejwt():
        old = StockRefreshToken.for_user(world.bob)

        def refresh():
            new = StockRefreshToken(str(old))
            new.blacklist()
            new.set_jti()
            new.outstand()
            return str(new)

        def blacklist_all():
            for row in OutstandingToken.objects.filter(user=world.bob):
                BlacklistedToken.objects.get_or_create(token=row)

        with paused_before(StockRefreshToken, "outstand") as pause:
            survivor = in_flight(refresh, pause, blacklist_all)
        StockRefreshToken(survivor)  # raises nothing: it lives
        with pytest.raises(TokenError):
            StockRefreshToken(str(old))


def stock_simplejwt():
    from unittest import mock

    from rest_framework_simplejwt.backends import TokenBackend

    return mock.patch.object(StockRefreshToken, "_token_backend", TokenBackend("HS256", "k" * 40))


def test_a_refresh_copies_the_epoch_and_never_reads_a_fresh_one(world):
    had = world.connect(world.bob)
    with paused_before(tokens, "mint") as pause:
        raise_epoch = lambda: User.objects.filter(pk=world.bob.pk).update(epoch=99)  # noqa: E731
        answer = in_flight(lambda: world.refresh(had), pause, raise_epoch)
    assert not works(answer)


# Django makes the session hash of the password's: a new hash of the same password, made at sign-in, signs the other
# devices out.
def test_a_hasher_upgrade_at_sign_in_ends_nothing(world, browser):
    laptop, had = browser(world.bob), world.connect(world.bob)
    argon2 = make_password(PASSWORD, hasher="argon2")
    User.objects.filter(pk=world.bob.pk).update(password=argon2, hash_upgrades=F("hash_upgrades") + 1)
    browser(world.bob)
    assert User.objects.get(pk=world.bob.pk).password.startswith("md5$")
    assert laptop.get("/dashboard/").status_code == 200
    assert works(had)


def test_a_hasher_upgrade_in_flight_cannot_put_a_compromised_password_back(world):
    User.objects.filter(pk=world.bob.pk).update(password=make_password(PASSWORD, hasher="argon2"))
    bob = User.objects.get(pk=world.bob.pk)
    with paused_before(User, "set_password") as pause:
        in_flight(lambda: bob.check_password(PASSWORD), pause, lambda: compromise(world.bob))
    assert not User.objects.get(pk=world.bob.pk).has_usable_password()


# django-user-sessions: a save in flight re-inserts the deleted row, with its user; junk cookies become rows (for those
# see test_session_engine).
@pytest.mark.parametrize("point", ["save", "cycle_key"])
def test_a_request_in_flight_cannot_bring_its_session_back(world, browser, point):
    key = browser(world.bob).cookies["sessionid"].value

    def request():
        store = SessionStore(key)
        assert store.user == world.bob
        store["changed"] = True
        getattr(store, point)()

    with paused_before(SessionStore, point) as pause:
        row = Session.objects.get(user=world.bob)
        end = lambda: revocation.revoke(Scope(session=row), cause=Cause.ENDED)  # noqa: E731
        outcome = in_flight(request, pause, end)
    assert isinstance(outcome, Exception)
    assert not Session.objects.filter(user=world.bob).exists()
    assert SessionStore(key).user is None


# django-oauth-toolkit: a deactivated user refreshes and calls; refreshes at once are 500s.
def test_a_deactivated_user_neither_calls_nor_refreshes(world):
    had = world.connect(world.bob)
    User.objects.filter(pk=world.bob.pk).update(is_active=False)
    assert not works(had)
    with pytest.raises(grants.InvalidGrant):
        world.refresh(had)


# allauth.headless: of six tokens got at once, one works; an ended session's access token goes on.
def test_every_answer_to_refreshes_at_once_works(world):
    had = world.connect(world.bob)
    assert all(works(answer) for answer in together(6, lambda: world.refresh(had)))


# allauth.idp: one code gives up to six live token sets.
def test_a_code_redeemed_at_once_by_many_gives_one_answer_and_then_nothing(world):
    code = world.code(world.bob)

    def redeem():
        return grants.redeem(grants.find_code(code, integration=world.sync), code_verifier=VERIFIER)

    outcomes = together(8, redeem)
    winners = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert len(winners) <= 1
    assert {type(outcome) for outcome in outcomes if isinstance(outcome, Exception)} == {grants.InvalidGrant}
    assert not any(works(winner) for winner in winners), "a replayed code must end what it gave"


@pytest.mark.parametrize("point", ["answer", "_claim"])
def test_a_code_exchange_in_flight_cannot_outlive_the_revocation(world, point):
    code = world.code(world.bob)
    grant = grants.find_code(code, integration=world.sync)
    with paused_before(codes, point) as pause:
        redeem = lambda: grants.redeem(grant, code_verifier=VERIFIER)  # noqa: E731
        answer = in_flight(redeem, pause, lambda: compromise(world.bob))
    assert isinstance(answer, grants.InvalidGrant)


@pytest.mark.parametrize("end", ["compromise", "remove", "demote"])
def test_what_a_manager_asked_for_before_their_end_is_not_made_after_it(world, end):
    alice = User.objects.get(pk=world.alice.pk)
    Membership.objects.create(user=world.mallory, organisation=world.acme, role=Membership.Role.OWNER)
    own = Membership.objects.get(user=alice, organisation=world.acme)
    before = set(ClientSecret.objects.all()), set(Integration.objects.all())
    if end == "compromise":
        compromise(world.alice)
    elif end == "remove":
        members.remove(own, by=world.mallory)
    else:
        members.change_role(own, Membership.Role.MEMBER, by=world.mallory)
    asked = [
        lambda: clients.create_secret(world.export, by=alice),
        lambda: world.integration("Late", ["client_credentials"], []),
        lambda: world.integration("Late", ["authorization_code"], [CALLBACK], public=True),
        lambda: members.invite(organisation=world.acme, email="carol@example.com", role="member", by=alice),
        lambda: members.change_role(Membership.objects.get(user=world.bob), Membership.Role.OWNER, by=alice),
        lambda: second_factors.require(world.acme, True, by=alice),
    ]
    world.alice = alice
    for act in asked:
        with pytest.raises(ranks.NotAllowed):
            act()
    assert before == (set(ClientSecret.objects.all()), set(Integration.objects.all()))
    assert not Invitation.objects.exists()


def test_a_client_secret_and_a_revocation_at_once_take_turns(world):
    """Whichever comes first, no secret of theirs is left."""
    asked = User.objects.get(pk=world.alice.pk)
    acts = iter([lambda: compromise(world.alice), *[lambda: clients.create_secret(world.export, by=asked)] * 3])
    together(4, lambda: next(acts)())
    assert not ClientSecret.objects.live().filter(created_by=asked).exists()


def test_a_sign_in_in_flight_cannot_outlive_the_revocation(world):
    browser = Client()
    with paused_before(SessionStore, "cycle_key") as pause:
        sign_in = lambda: browser.post("/accounts/login/", {"login": world.bob.email, "password": PASSWORD})  # noqa: E731
        in_flight(sign_in, pause, lambda: compromise(world.bob))
    assert browser.get("/dashboard/").status_code == 302


def test_consent_given_in_a_session_that_is_being_revoked_is_worth_nothing(world):
    with paused_before(grants, "agree") as pause:
        outcome = in_flight(lambda: world.code(world.bob), pause, lambda: compromise(world.bob))
    assert isinstance(outcome, ranks.NotAllowed)
    assert not Grant.objects.exists()


def test_a_password_reset_in_flight_cannot_outlive_the_revocation(world):
    bob = User.objects.get(pk=world.bob.pk)
    with paused_before(credentials, "make_password") as pause:
        change = lambda: credentials.change_password(bob, "an attacker's")  # noqa: E731
        outcome = in_flight(change, pause, lambda: compromise(world.bob))
    assert isinstance(outcome, credentials.ChangedMeanwhile)
    assert not User.objects.get(pk=world.bob.pk).check_password("an attacker's")


def test_revocations_at_once_take_turns(world):
    for _ in range(3):
        world.connect(world.bob)
    scopes = [Scope(user=world.bob), Scope(integration=world.sync), Scope(user=world.bob, integration=world.sync)] * 2
    causes = iter(scopes)
    outcomes = together(6, lambda: revocation.revoke(next(causes), cause=Cause.ENDED))
    assert sum(revoked.grants for revoked in outcomes) == 3


def test_a_standing_grant_is_made_once_however_many_ask_first(world):
    answers = together(6, world.own_tokens)
    assert len({tokens.verify(answer["access_token"]).grant for answer in answers}) == 1
    assert OutstandingToken.objects.count() == 1


def test_a_token_that_was_held_up_as_it_was_minted_does_not_live_for_longer(world, settings):
    """The list forgets a revocation an access lifetime and a minute after it; no token from before may come later."""
    grant = world.grant_of(world.connect(world.bob))
    grant.seen_at -= timedelta(seconds=200)  # read that long ago, by a request that stood still
    claims = tokens.verify(tokens.mint(grant, ("profile",)))
    assert claims.exp <= time.time() + settings.ACCESS_TOKEN_AGE - 199


@pytest.mark.parametrize("asked", [(live_grants.OF_CLIENT, "bobs"), (OF_SECRET, "own")], ids=["refresh", "own"])
def test_what_the_database_said_before_a_long_stop_makes_no_token_that_lives(world, settings, monkeypatch, asked):
    """The answer lay there unread, and nobody remembers any more what was revoked meanwhile."""
    statement, whose = asked
    bobs, _ = world.connect(world.bob), world.own_tokens()
    answer = statement.one
    with time_machine.travel(timezone.now(), tick=False) as clock:

        def read_late(**values):
            row = answer(**values)
            clock.shift(settings.ACCESS_TOKEN_AGE)
            row.seen_at = timezone.now()
            return row

        monkeypatch.setattr(statement, "one", read_late)
        token = (world.refresh(bobs) if whose == "bobs" else world.own_tokens())["access_token"]
        with pytest.raises(tokens.InvalidToken):
            tokens.verify(token)
