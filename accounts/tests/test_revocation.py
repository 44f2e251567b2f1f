"""Scopes and causes: it was alive, it dies, its neighbour lives, twice is once; preview, act and record agree."""

import itertools
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts import clients, credentials, grants, revocation, tokens
from accounts.models import Cause, ClientSecret, Grant, Revocation, SecurityEvent, Session, SigningKey, User
from accounts.revocation import Scope
from accounts.tests.world import VERIFIER, person

pytestmark = pytest.mark.django_db
TOKENS = "token_blacklist_blacklistedtoken (token_id, blacklisted_at)"


def is_live(answer):
    try:
        return tokens.is_live(tokens.verify(answer["access_token"]))
    except tokens.InvalidToken:
        return False


@pytest.fixture
def full(world, browser):
    """Everybody is in: Bob twice and by Sync, Alice by browser and Sync and Pocket, Export by itself."""
    world.laptop, world.phone, world.hers = browser(world.bob), browser(world.bob), browser(world.alice)
    world.bobs, world.alices = world.connect(world.bob), world.connect(world.alice)
    world.pockets, world.own = world.connect(world.alice, world.pocket), world.own_tokens()
    return world


def alive(world):
    """Which of all credentials work just now."""
    browsers = {name: getattr(world, name) for name in ("laptop", "phone", "hers")}
    answers = {name: getattr(world, name) for name in ("bobs", "alices", "pockets", "own")}
    return {name for name, browser in browsers.items() if browser.get("/dashboard/").status_code == 200} | {
        name for name, answer in answers.items() if is_live(answer)
    }


EVERYTHING = {"laptop", "phone", "hers", "bobs", "alices", "pockets", "own"}


def scope_of(world, name):
    return {
        "bob": lambda: Scope(user=world.bob),
        "alice": lambda: Scope(user=world.alice),
        "bobs newest session": lambda: Scope(session=Session.objects.filter(user=world.bob).latest("created_at")),
        "bobs grant": lambda: Scope(grant=world.grant_of(world.bobs)),
        "sync": lambda: Scope(integration=world.sync),
        "export": lambda: Scope(integration=world.export),
        "exports secret": lambda: Scope(client_secret=world.export.secrets.get()),
        "alices sync": lambda: Scope(user=world.alice, integration=world.sync),
        "acme": lambda: Scope(organisation=world.acme),
        "alice in acme": lambda: Scope(user=world.alice, organisation=world.acme),
        "the key": lambda: Scope(signing_key=SigningKey.objects.get()),
        "everything": lambda: Scope(everything=True),
        "alice but her secrets": lambda: Scope(user=world.alice, spare_secrets=True),
    }[name]()


SCOPES = [
    ("bob", {"laptop", "phone", "bobs"}),
    ("alice", {"hers", "alices", "pockets", "own"}),  # she created Export's secret
    ("bobs newest session", {"phone"}),
    ("bobs grant", {"bobs"}),
    ("sync", {"bobs", "alices"}),
    ("export", {"own"}),
    ("exports secret", {"own"}),
    ("alices sync", {"alices"}),
    ("alice but her secrets", {"hers", "alices", "pockets"}),
    ("acme", EVERYTHING),
    ("alice in acme", {"hers", "alices", "pockets", "own"}),
    ("the key", {"bobs", "alices", "pockets", "own"}),
    ("everything", EVERYTHING),
]


@pytest.mark.parametrize(("name", "dies"), SCOPES)
def test_a_scope_ends_what_it_covers_and_nothing_else(full, name, dies):
    assert alive(full) == EVERYTHING
    scope = scope_of(full, name)
    revocation.revoke(scope, cause=Cause.ENDED)
    assert alive(full) == EVERYTHING - dies
    revocation.revoke(scope, cause=Cause.ENDED)
    assert alive(full) == EVERYTHING - dies


@pytest.mark.parametrize(("name", "dies"), SCOPES)
def test_preview_and_act_and_record_agree(full, name, dies):
    full.code(full.bob)
    full.code(full.alice)
    scope = scope_of(full, name)
    promised = revocation.preview(scope)
    revoked = revocation.revoke(scope, cause=Cause.ENDED, by=full.alice, reason="because")
    recorded = SecurityEvent.objects.filter(kind="revoked").latest("at").details["ended"]
    for count in ("sessions", "grants", "codes", "client_secrets"):
        assert getattr(promised, count) == getattr(revoked, count) == recorded[count]
    # A client's own grant has no refresh token: it outlives a key, and gets its next token signed by another.
    outlives = {"own"} if name == "the key" else set()
    assert revoked.sessions + revoked.grants == len(dies - outlives)
    again = revocation.revoke(scope, cause=Cause.ENDED)
    assert again.in_words == "nothing"


def test_signed_out_everywhere_lets_the_password_work_at_once(full, browser):
    revocation.revoke(Scope(user=full.bob), cause=Cause.SIGNED_OUT_EVERYWHERE)
    assert browser(full.bob).get("/dashboard/").status_code == 200
    assert is_live(full.connect(User.objects.get(pk=full.bob.pk)))
    assert not is_live(full.bobs)
    assert full.laptop.get("/dashboard/").status_code == 302


def test_compromised_makes_the_password_unusable_and_mails_the_way_back(full, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        revocation.revoke(Scope(user=full.bob), cause=Cause.COMPROMISED)
    assert not User.objects.get(pk=full.bob.pk).has_usable_password()
    assert mail.outbox[-1].to == [full.bob.email]
    assert "/accounts/password/reset/" in mail.outbox[-1].body


def test_a_mail_server_that_is_down_undoes_no_revocation(full, django_capture_on_commit_callbacks, settings):
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1
    with django_capture_on_commit_callbacks(execute=True):
        revocation.revoke(Scope(user=full.bob), cause=Cause.COMPROMISED)
    assert alive(full) == EVERYTHING - {"laptop", "phone", "bobs"}


def test_deactivated_lets_nobody_back_and_reactivation_revives_nothing(full, client):
    revocation.revoke(Scope(user=full.bob), cause=Cause.DEACTIVATED)
    client.post("/accounts/login/", {"login": full.bob.email, "password": "correct horse battery"})
    assert client.get("/dashboard/").status_code == 302
    credentials.reactivate(full.bob)
    assert alive(full) == EVERYTHING - {"laptop", "phone", "bobs"}


def test_a_cause_that_is_said_of_a_person_needs_a_whole_person(full):
    with pytest.raises(revocation.CauseNeedsUser):
        revocation.revoke(Scope(integration=full.sync), cause=Cause.COMPROMISED)
    assert alive(full) == EVERYTHING


def test_a_scope_that_names_nothing_is_refused(db):
    with pytest.raises(revocation.EmptyScope):
        Scope()


@pytest.mark.parametrize("name", ["grant", "spare_grant"])
def test_a_scope_of_what_is_gone_is_refused(world, name):
    """It would cover nothing, or spare nothing, and say nothing."""
    grant = world.grant_of(world.connect(world.bob))
    grant.delete()
    with pytest.raises(revocation.GoneAlready, match=name):
        Scope(**{"user": world.bob, name: grant})


def test_a_disabled_integration_gets_no_more_tokens(full):
    revocation.revoke(Scope(integration=full.export), cause=Cause.ENDED)
    with pytest.raises(clients.UnknownClient):
        clients.authenticate(str(full.export.pk), full.export_secret)


def test_an_ended_grant_of_a_client_stays_ended(full):
    revocation.revoke(Scope(grant=full.grant_of(full.own)), cause=Cause.ENDED)
    with pytest.raises(grants.InvalidGrant):
        full.own_tokens()


def test_a_member_who_leaves_takes_nothing_along(full):
    full.bob.memberships.all().delete()
    assert alive(full) == EVERYTHING - {"bobs"}


@pytest.mark.parametrize("cause", [Cause.COMPROMISED, Cause.SIGNED_OUT_EVERYWHERE, Cause.DEACTIVATED])
def test_pending_codes_die_too(full, cause):
    code = full.code(full.bob)
    grant = grants.find_code(code, integration=full.sync)
    assert revocation.revoke(Scope(user=full.bob), cause=cause).codes == 1
    with pytest.raises(grants.InvalidGrant):
        grants.redeem(grant, code_verifier=VERIFIER)
    with pytest.raises(grants.InvalidGrant):
        grants.find_code(code, integration=full.sync)


def make_credentials(user, integration, number):
    Session.objects.bulk_create(
        Session(key_hash=f"{user.pk.hex}{n:032x}", user=user, epoch=1, session_data="", expire_date="2099-01-01T00:00Z")
        for n in range(number)
    )
    for _ in range(number):
        grant = Grant(integration=integration, organisation=integration.organisation, user=user, epoch=1)
        grant.expires_at = grant.redeemed_at = Session.objects.first().expire_date
        grant.outstanding = tokens.outstand(grant)
        grant.save()
    ClientSecret.objects.bulk_create(
        ClientSecret(integration=integration, created_by=user, secret_hash=f"{user.pk.hex}{n:032x}", hint="abcd")
        for n in range(number)
    )


def statements(act):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def test_a_revocation_takes_as_many_statements_for_a_thousand_as_for_one(world):
    costs = []
    for name, number in (("Nora", 1), ("Olga", 1000)):
        user = person(name)
        world.acme.memberships.create(user=user, role="member")
        make_credentials(user, world.sync, number)
        outcome = []
        act = lambda u=user, o=outcome: o.append(revocation.revoke(Scope(user=u), cause=Cause.COMPROMISED))  # noqa: E731
        costs.append(statements(act))
        assert (outcome[0].sessions, outcome[0].grants, outcome[0].client_secrets) == (number, number, number)
    assert costs[0] == costs[1] <= 20


def test_the_blacklist_has_a_row_for_each_ended_grant_and_no_token_text(full):
    assert OutstandingToken.objects.count() == Grant.objects.live().count() == 4
    full.refresh(full.bobs)
    assert OutstandingToken.objects.count() == 4
    revocation.revoke(Scope(integration=full.sync), cause=Cause.ENDED)
    assert BlacklistedToken.objects.count() == 2
    assert set(OutstandingToken.objects.values_list("token", flat=True)) == {""}


def test_what_simplejwt_blacklists_is_ended_too(full):
    row = OutstandingToken.objects.get(jti=full.grant_of(full.bobs).pk.hex)
    BlacklistedToken.objects.create(token=row)
    assert alive(full) == EVERYTHING - {"bobs"}
    with pytest.raises(grants.InvalidGrant):
        full.refresh(full.bobs)


STRANGERS = {"trigger": "TRIGGER theirs AFTER UPDATE ON accounts_organisation FOR EACH ROW {act}"}
if connection.vendor == "postgresql":  # knows of what it need not ask again; SQLite runs no trigger within itself
    STRANGERS["trigger on our list"] = "TRIGGER theirs AFTER INSERT ON accounts_revocationentry FOR EACH ROW {act}"
    STRANGERS["rule on our list"] = "RULE theirs AS ON INSERT TO accounts_revocationentry DO ALSO {do}"


@pytest.mark.parametrize("number", [1, 2])  # one row, and many, are ended by different plans
@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
def test_so_is_what_a_trigger_of_somebody_else_s_blacklists(full, stranger, number):
    """Ours has ended what it blacklists, and is not asked to end that again: ours alone, not what it leads to."""
    bobs = full.grant_of(full.bobs)
    do = f"INSERT INTO {TOKENS} VALUES ({bobs.outstanding_id}, CURRENT_TIMESTAMP) ON CONFLICT (token_id) DO NOTHING;"
    act = f"BEGIN {do} END"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            body = f"BEGIN {do} RETURN NEW; END"
            cursor.execute(f"CREATE FUNCTION theirs() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
            act = "EXECUTE FUNCTION theirs()"
        cursor.execute(f"CREATE {stranger.format(act=act, do=do)}")
    full.acme.save()
    hers = [full.grant_of(had).pk for had in (full.alices, full.pockets)[:number]]
    assert Grant.objects.filter(pk__in=hers).update(ended_at=timezone.now()) == number
    bobs.refresh_from_db()
    assert bobs.ended_at
    assert alive(full) == EVERYTHING - {"bobs", *("alices", "pockets")[:number]}


def test_the_audit_says_who_and_why_and_outlives_them(full):
    revocation.revoke(Scope(user=full.bob), cause=Cause.SIGNED_OUT_EVERYWHERE, by=full.alice, reason="Laptop lost")
    full.alice.delete()
    row = Revocation.objects.get()
    assert (row.actor_label, row.reason, row.scope) == ("alice@example.com", "Laptop lost", {"user": str(full.bob.pk)})


def test_only_sessions_ends_sessions_and_keeps_one_and_leaves_the_rest(world, browser):
    here, there, had = browser(world.alice), browser(world.alice), world.connect(world.alice)
    keep = Session.objects.filter(user=world.alice).earliest("created_at")
    revoked = revocation.revoke(Scope(user=world.alice, only_sessions=True, keep=keep), cause=Cause.ENDED)
    assert (revoked.in_words, world.alice.client_secrets.live().count()) == ("1 session", 2)
    assert [here.get("/dashboard/").status_code, there.get("/dashboard/").status_code] == [200, 302]
    assert tokens.is_live(tokens.verify(had["access_token"]))


def test_what_refers_to_each_other_is_deleted_below_the_orm_in_any_order(world):
    """As `manage.py flush` does on SQLite. No trigger may leave a row behind that refers to what is gone."""
    world.own_tokens()
    world.connect(world.bob)
    for order in itertools.permutations([ClientSecret, Grant, OutstandingToken, BlacklistedToken]):
        with transaction.atomic(), connection.cursor() as cursor:
            for model in order:
                cursor.execute(f"DELETE FROM {model._meta.db_table}")
            connection.check_constraints()
            transaction.set_rollback(True)


def test_many_are_ended_at_once_on_a_connection_that_has_ended_one_before(world):
    """PostgreSQL keeps the plan of a trigger's statement: made for one row, it ran so many into statement_timeout."""
    many = 24_000
    world.connect(world.bob)
    Grant.objects.update(ended_at=timezone.now())
    ends = timezone.now() + timedelta(days=1)
    row = {"integration": world.sync, "organisation": world.acme, "user": world.bob, "epoch": world.bob.epoch}
    Grant.objects.bulk_create([Grant(redeemed_at=timezone.now(), expires_at=ends, **row) for _ in range(many)])
    assert revocation.revoke(Scope(integration=world.sync), cause=Cause.ENDED).grants == many


def test_a_long_address_through_a_long_name_is_no_reason_to_end_nothing(world):
    User.objects.filter(pk=world.alice.pk).update(email=f"{'a' * 240}@example.com")
    world.alice.refresh_from_db()
    world.sync.name = "n" * 100
    revoked = revocation.revoke(Scope(user=world.bob), cause=Cause.ENDED, by=world.alice, through=world.sync)
    assert len(revoked.actor_label) == 254
