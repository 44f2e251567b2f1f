"""POST /api/v1/revocations: ends what it says within the organisation, and never the caller's own grant by accident."""

import uuid

import pytest

from accounts import clients, revocation
from accounts.clients import Client as OAuthClient
from accounts.grants import own
from accounts.models import (
    SCOPES,
    Cause,
    ClientSecret,
    Grant,
    IdempotentAnswer,
    Integration,
    LateTry,
    Membership,
    Organisation,
    Revocation,
    User,
)
from accounts.revocation import Scope
from accounts.tests.world import CALLBACK

pytestmark = pytest.mark.django_db
PATH, ALL = "/api/v1/revocations", tuple(SCOPES)


@pytest.fixture
def soar(world, api_client):
    """An integration of Acme's own, whose secret Alice has made."""
    integration, _ = world.integration("SOAR", ["client_credentials"], [], scopes=ALL)
    client = api_client(own(OAuthClient(integration, integration.secrets.get()), ALL)["access_token"])
    client.grant = Grant.objects.get(integration=integration)
    return client


@pytest.fixture
def caller(world, api_client):
    app, _ = world.integration("App", ["authorization_code"], [CALLBACK], scopes=ALL)
    return lambda user: api_client(world.connect(user, app, ALL)["access_token"])


def post(client, scope, **body):
    headers = {"Idempotency-Key": body.pop("key")} if "key" in body else {}
    return client.post(PATH, {"scope": scope, **body}, format="json", headers=headers)


def lives(tokens_):
    from accounts import tokens

    return tokens.is_live(tokens.verify(tokens_["access_token"]))


def test_a_compromised_user_loses_everything_and_the_receipt_says_so(world, browser, soar):
    bobs, alices, laptop = world.connect(world.bob), world.connect(world.alice), browser(world.bob)
    answer = post(soar, {"user": str(world.bob.pk)}, cause="compromised", reason="Laptop stolen")
    assert answer.status_code == 201
    said = answer.json()
    assert (said["cause"], said["reason"], said["actor_label"]) == ("compromised", "Laptop stolen", "SOAR")
    assert said["ended"] == {"sessions": 1, "grants": 1, "codes": 0, "client_secrets": 0}
    assert (lives(bobs), lives(alices)) == (False, True)
    assert laptop.get("/dashboard/").status_code == 302
    assert not User.objects.get(pk=world.bob.pk).has_usable_password()
    assert soar.get(answer["Location"]).json() == {**said, "late_tries": []}
    assert soar.get(PATH).json()["items"][0] == said


def test_a_dry_run_says_the_same_and_ends_nothing(world, browser, soar):
    had, _ = world.connect(world.bob), browser(world.bob)
    answer = post(soar, {"user": str(world.bob.pk)}, cause="compromised", dry_run=True)
    assert answer.status_code == 200
    assert answer.json() == {
        "dry_run": True,
        "would_end": {"sessions": 1, "grants": 1, "codes": 0, "client_secrets": 0},
    }
    assert lives(had) and not Revocation.objects.exists()


@pytest.mark.parametrize("kind", ["session", "grant", "integration", "client_secret"])
def test_one_thing_dies_and_its_neighbour_lives(world, browser, soar, kind):
    browser(world.bob)
    bobs, alices = world.connect(world.bob), world.connect(world.alice, world.pocket)
    named = {
        "session": world.bob.sessions.get().public_id,
        "grant": world.grant_of(bobs).pk,
        "integration": world.sync.pk,
        "client_secret": world.export.secrets.get().pk,
    }
    exports = world.own_tokens()
    answer = post(soar, {kind: str(named[kind])})
    assert (answer.status_code, sum(answer.json()["ended"].values()) > 0) == (201, True)
    assert world.bob.sessions.live().exists() == (kind != "session")
    assert lives(bobs) == (kind not in {"grant", "integration"})
    assert lives(exports) == (kind != "client_secret")
    assert lives(alices)
    assert post(soar, {kind: str(named[kind])}).status_code == 404, "it is not there any more"


def test_several_are_a_conjunction(world, soar):
    bobs, pockets, alices = world.connect(world.bob), world.connect(world.bob, world.pocket), world.connect(world.alice)
    answer = post(soar, {"user": str(world.bob.pk), "integration": str(world.sync.pk)})
    assert answer.json()["ended"]["grants"] == 1
    assert (lives(bobs), lives(pockets), lives(alices)) == (False, True, True)


def test_the_whole_organisation_ends_but_for_the_one_who_says_so(world, browser, soar):
    bobs, exports, alice = world.connect(world.bob), world.own_tokens(), browser(world.alice)
    assert post(soar, {"organisation": str(world.acme.pk)}).status_code == 201
    assert (lives(bobs), lives(exports)) == (False, False)
    assert alice.get("/dashboard/").status_code == 302
    assert soar.get("/api/v1/me").status_code == 200


def test_ending_the_one_who_made_its_secret_does_not_end_the_caller(world, soar):
    exports = world.own_tokens()
    assert post(soar, {"user": str(world.alice.pk)}, cause="compromised").status_code == 201
    assert not lives(exports), "Alice has seen that secret"
    assert soar.get("/api/v1/me").status_code == 200
    assert soar.grant.client_secret.ended_at is None


def test_named_itself_or_included_the_caller_ends(world, soar):
    assert post(soar, {"grant": str(soar.grant.pk)}).status_code == 201
    assert soar.get("/api/v1/me").status_code == 401


def test_with_include_self_nothing_is_spared(world, soar):
    assert post(soar, {"user": str(world.alice.pk)}, cause="compromised", include_self=True).status_code == 201
    assert soar.get("/api/v1/me").status_code == 401


def test_it_does_not_disable_its_own_integration_by_accident(world, soar):
    own_id = str(soar.grant.integration_id)
    assert post(soar, {"integration": own_id}).status_code == 409
    assert Integration.objects.get(pk=own_id).disabled_at is None
    assert post(soar, {"integration": own_id}, include_self=True).status_code == 201


def test_a_token_for_a_person_does_not_end_that_person_whole_by_accident(world, caller):
    alices = caller(world.alice)
    assert post(alices, {"user": str(world.alice.pk)}, cause="compromised").status_code == 409
    had = world.connect(world.alice)
    assert post(alices, {"user": str(world.alice.pk)}).status_code == 201
    assert not lives(had)
    assert alices.get("/api/v1/me").status_code == 200
    assert post(alices, {"user": str(world.alice.pk)}, cause="compromised", include_self=True).status_code == 201
    assert alices.get("/api/v1/me").status_code == 401


@pytest.fixture
def elsewhere(world):
    """An organisation that Bob belongs to as well, with an app that he has connected there and a secret of his."""
    other = Organisation.objects.create(name="Elsewhere")
    Membership.objects.create(user=world.bob, organisation=other, role="owner")
    app, _ = clients.create_integration(
        organisation=other,
        by=world.bob,
        name="Theirs",
        is_confidential=True,
        grant_types=["authorization_code"],
        scopes=["profile"],
        redirect_uris=[CALLBACK],
    )
    return app


@pytest.mark.parametrize("cause", ["ended", "compromised", "signed_out_everywhere"])
def test_of_somebody_who_belongs_elsewhere_too_it_ends_what_is_here(world, browser, soar, elsewhere, cause):
    here, there, laptop = world.connect(world.bob), world.connect(world.bob, elsewhere), browser(world.bob)
    answer = post(soar, {"user": str(world.bob.pk)}, cause=cause)
    assert (answer.status_code, answer.json()["cause"]) == (201, "ended")
    assert (lives(here), lives(there)) == (False, True)
    assert laptop.get("/dashboard/").status_code == 302
    assert User.objects.get(pk=world.bob.pk).has_usable_password()
    assert ClientSecret.objects.live().filter(integration=elsewhere).exists()
    assert elsewhere.organisation.revocations.count() == 0


def test_whoever_runs_this_site_is_not_locked_out_by_a_customers_token(world, soar):
    User.objects.filter(pk=world.bob.pk).update(is_staff=True)
    answer = post(soar, {"user": str(world.bob.pk)}, cause="compromised")
    assert answer.json()["cause"] == "ended"
    assert User.objects.get(pk=world.bob.pk).has_usable_password()


def test_what_is_elsewhere_is_not_there(world, browser, soar, elsewhere):
    browser(world.mallory)
    there = world.connect(world.bob, elsewhere)
    for scope in [
        {"user": str(world.mallory.pk)},
        {"session": str(world.mallory.sessions.get().public_id)},
        {"grant": str(world.grant_of(there).pk)},
        {"integration": str(elsewhere.pk)},
        {"client_secret": str(elsewhere.secrets.get().pk)},
        {"organisation": str(elsewhere.organisation_id)},
        {"user": str(uuid.uuid4())},
        {"user": str(world.bob.pk), "integration": str(elsewhere.pk)},
    ]:
        for dry_run in (True, False):
            assert post(soar, scope, dry_run=dry_run).status_code == 404, scope
    assert lives(there) and not Revocation.objects.exists()


def test_a_token_for_a_plain_member_ends_what_is_theirs_alone(world, browser, caller):
    bobs, alices = caller(world.bob), world.connect(world.alice)
    browser(world.alice)
    for scope in [
        {"user": str(world.alice.pk)},
        {"grant": str(world.grant_of(alices).pk)},
        {"session": str(world.alice.sessions.get().public_id)},
        {"integration": str(world.sync.pk)},
        {"client_secret": str(world.export.secrets.get().pk)},
        {"organisation": str(world.acme.pk)},
    ]:
        assert post(bobs, scope).status_code == 404, scope
    had = world.connect(world.bob)
    assert post(bobs, {"grant": str(world.grant_of(had).pk)}).status_code == 201
    assert not lives(had) and lives(alices)


def test_a_plain_member_who_ends_what_is_theirs_ends_no_secret_of_the_organisation(world, caller):
    Membership.objects.filter(user=world.alice).update(role="member")
    exports, alices = world.own_tokens(), caller(world.alice)
    for body in ({}, {"cause": "signed_out_everywhere", "include_self": True}):
        assert post(alices, {"user": str(world.alice.pk)}, **body).status_code == 201
    assert lives(exports)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "scope"),
        ({"scope": None}, "scope"),
        ({"scope": []}, "scope"),
        ({"scope": "user"}, "scope"),
        ({"scope": {}}, "scope"),
        ({"scope": {"everything": True}}, "scope"),
        ({"scope": {"user": 5}}, "scope"),
        ({"scope": {"user": True}}, "scope"),
        ({"scope": {"user": "\0"}}, "scope"),
        ({"scope": {"user": "\ud800"}}, "scope"),
        ({"scope": {"user": None}}, "scope"),
        ({"scope": {"user": [str(uuid.uuid4())]}}, "scope"),
        ({"scope": {"user": str(uuid.uuid4()).upper()}}, "scope"),
        ({"cause": "deactivated"}, "cause"),
        ({"cause": ["ended"]}, "cause"),
        ({"cause": None}, "cause"),
        ({"cause": "compromised", "scope": "session"}, "cause"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "a\0b"}, "reason"),
        ({"reason": "\ud800"}, "reason"),
        ({"reason": 5}, "reason"),
        ({"dry_run": "yes"}, "dry_run"),
        ({"dry_run": 1}, "dry_run"),
        ({"dryrun": True}, "dryrun"),
        ({"include_self": None}, "include_self"),
    ],
)
def test_a_body_that_makes_no_sense_is_400_with_the_name_and_ends_nothing(world, browser, soar, body, field):
    import json

    browser(world.bob)
    body = {"scope": {"user": str(world.bob.pk)}} | body if body and body.get("scope") != {} else body
    if body.get("scope") == "session":
        body["scope"] = {"session": str(world.bob.sessions.get().public_id)}
    answer = soar.post(PATH, json.dumps(body), content_type="application/json")
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {field}), answer.content
    assert not Revocation.objects.exists()


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b"[" * 90_000, "application/json", 400),
        (b'{"scope": NaN}', "application/json", 400),
        (b'{"scope": ' + b"1" * 9000 + b"}", "application/json", 400),
        (b"\xff\xfe{}", "application/json", 400),
        (b'{"a": "\xff"}', "application/json", 400),
        (b"x" * 100_001, "application/json", 413),
        (b"{}", "application/json; charset=utf-16", 400),
        (b"{}", "application/json; charset=hex", 400),
        (b"<x/>", "application/xml", 415),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b"--x", "multipart/form-data; boundary=x", 415),
        (b"{}", "", 415),
    ],
)
def test_a_body_that_cannot_be_read_is_a_problem_and_never_5xx(soar, body, content_type, status):
    answer = soar.generic("POST", PATH, body, content_type=content_type)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_dry_run_in_the_address_is_refused_and_ends_nothing(world, soar):
    had = world.connect(world.bob)
    answer = soar.post(f"{PATH}?dry_run=true", {"scope": {"user": str(world.bob.pk)}}, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["dry_run"])
    assert lives(had) and not Revocation.objects.exists()


@pytest.mark.parametrize(
    ("body", "where", "words"),
    [
        ([], ["non_field_errors"], "It must be a JSON object."),
        ({"scope": []}, ["scope", "non_field_errors"], "It must be a JSON object."),
        ({"scope": {"user": str(uuid.uuid4()).upper()}}, ["scope", "user"], "in lower case"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(soar, body, where, words):
    said = soar.post(PATH, body, format="json").json()["errors"]
    for name in where:
        said = said[name]
    assert words in said[0]


def test_while_the_first_is_under_way_it_says_when_to_come_back_and_other_conflicts_do_not(world, soar):
    body = {"user": str(world.bob.pk)}
    post(soar, body, key="one")
    IdempotentAnswer.objects.update(status=None)  # as it is until it has been answered
    waits = post(soar, body, key="one")
    assert (waits.status_code, waits["Retry-After"]) == (409, "1")
    itself = post(soar, {"integration": str(soar.grant.integration_id)})
    assert (itself.status_code, itself.get("Retry-After")) == (409, None)


def test_under_the_same_key_it_acts_once_and_answers_the_same(world, soar):
    had = world.connect(world.bob)
    scope = {"grant": str(world.grant_of(had).pk)}
    first, again = post(soar, scope, key="one"), post(soar, scope, key="one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.json(), first["Location"]) == (again.json(), again["Location"])
    assert Revocation.objects.count() == 1


def test_a_key_is_for_one_request_and_one_client(world, soar, caller):
    user = {"user": str(world.bob.pk)}
    assert post(soar, user, key="one").status_code == 201
    assert post(soar, user, key="one", reason="other").status_code == 422
    assert post(caller(world.alice), user, key="one", reason="other").status_code == 201


def test_what_failed_may_be_tried_again_under_its_key(world, soar):
    assert post(soar, {"user": str(world.mallory.pk)}, key="one").status_code == 404
    Membership.objects.create(user=world.mallory, organisation=world.acme)
    assert post(soar, {"user": str(world.mallory.pk)}, key="one").status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "\x7f", "é"])
def test_a_key_that_is_none_is_refused_by_name(world, soar, key):
    answer = post(soar, {"user": str(world.bob.pk)}, key=key)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"Idempotency-Key"})


def test_keys_are_forgotten_after_a_day(world, soar):
    from datetime import timedelta

    from django.core.management import call_command
    from django.utils import timezone

    from accounts.models import IdempotentAnswer

    post(soar, {"user": str(world.bob.pk)}, key="one")
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(days=1, seconds=1))
    post(soar, {"user": str(world.bob.pk)}, key="two")
    call_command("purge")
    assert IdempotentAnswer.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (r'{"scope": {"user": "x"}, "cause": "\ud800"}', "cause"),
        (r'{"scope": {"user": "\ud800"}}', "scope"),
        (r'{"\ud800": 1}', r"\\ud800"),
        (r'"\ud800"', "The body"),
        ('{"scope": {}, "scope": {}}', "scope is repeated"),
        ('{"scope": {"user": "x", "user": "y"}}', "user is repeated"),
        (r'{"\u0000": 1, "\u0000": 2}', r"\\x00 is repeated"),
    ],
)
def test_a_body_that_no_answer_could_repeat_or_that_says_two_things_is_named(soar, body, named):
    answer = soar.post(PATH, body, content_type="application/json")
    assert answer.status_code == 400
    assert named in answer.content.decode()
    assert not Revocation.objects.exists()


def test_a_body_of_any_depth_is_400(soar):
    for depth in (10, *range(800, 1100, 7), 40_000):
        answer = soar.post(PATH, "[" * depth + "]" * depth, content_type="application/json")
        assert answer.status_code == 400


def test_one_revocation_says_what_of_it_was_tried_again(world, soar):
    grant = world.grant_of(world.connect(world.bob))
    done = post(soar, {"grant": str(grant.pk)}).json()
    assert done["tried_again_at"] is None
    world.try_again(grant, 12)
    said = soar.get(f"{PATH}/{done['id']}").json()
    assert said["tried_again_at"] == said["late_tries"][0].pop("first_at")
    assert said["late_tries"][0].pop("last_at")
    tried = {"kind": "access_token", "ip_address": "203.0.113.7", "device": "curl 8", "times": 12}
    assert said["late_tries"] == [{**tried, "integration": str(world.sync.pk)}]


def test_what_another_organisations_app_tried_again_is_not_said(world, soar):
    theirs = Organisation.objects.create(name="Elsewhere")
    Membership.objects.create(user=world.bob, organisation=theirs, role="member")
    Integration.objects.filter(pk=world.pocket.pk).update(organisation=theirs)
    world.pocket.refresh_from_db()
    grant = world.grant_of(world.connect(world.bob, world.pocket))
    done = revocation.revoke(Scope(user=world.bob), cause=Cause.SIGNED_OUT_EVERYWHERE)
    world.try_again(grant)
    assert soar.get(f"{PATH}/{done.pk}").json()["late_tries"] == []
    assert LateTry.objects.count() == 1
