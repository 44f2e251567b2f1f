"""What the API shows: the token's organisation and no other, a page at a time, as far as its holder may see."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import clients, events
from accounts.clients import Client as OAuthClient
from accounts.grants import own
from accounts.models import SCOPES, Membership, Organisation
from accounts.tests.world import CALLBACK

pytestmark = pytest.mark.django_db
LISTS = ["members", "sessions", "grants", "security-events", "revocations"]
ALL = tuple(SCOPES)


@pytest.fixture
def robot(world, api_client):
    """An integration of Acme's own, with every scope."""
    integration, _ = world.integration("Robot", ["client_credentials"], [], scopes=ALL)
    return api_client(own(OAuthClient(integration, integration.secrets.get()), ALL)["access_token"])


@pytest.fixture
def caller(world, api_client):
    """Builds a client on behalf of a person, with every scope."""
    app, _ = world.integration("App", ["authorization_code"], [CALLBACK], scopes=ALL)
    return lambda user: api_client(world.connect(user, app, ALL)["access_token"])


@pytest.fixture
def elsewhere(world):
    """Mallory's own organisation, with an integration of hers and a grant."""
    other = Organisation.objects.create(name="Evil")
    Membership.objects.create(user=world.mallory, organisation=other, role="owner")
    app, _ = clients.create_integration(
        organisation=other,
        by=world.mallory,
        name="Other",
        is_confidential=False,
        grant_types=["authorization_code"],
        scopes=list(ALL),
        redirect_uris=[CALLBACK],
    )
    world.connect(world.mallory, app, ALL)
    return other


def items(client, path, **query):
    answer = client.get(f"/api/v1/{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


def test_members_are_listed_with_their_roles(world, robot):
    shown = {item["email"]: item["role"] for item in items(robot, "members")}
    assert shown == {"alice@example.com": "owner", "bob@example.com": "member"}
    assert [item["email"] for item in items(robot, "members", role="owner")] == ["alice@example.com"]
    assert [item["id"] for item in items(robot, "members", email="BOB@example.com")] == [str(world.bob.pk)]


def test_sessions_are_listed_without_what_would_sign_anybody_in(world, browser, robot):
    cookie = browser(world.bob).cookies["sessionid"].value
    (shown,) = items(robot, "sessions", user=str(world.bob.pk))
    assert shown["user"] == str(world.bob.pk)
    assert shown["device"] == "Firefox 132" and shown["ip_address"] == "127.0.0.1"
    assert cookie not in str(shown)


def test_grants_are_listed_by_integration_and_user(world, robot):
    world.connect(world.bob)
    world.code(world.bob)
    (shown,) = items(robot, "grants", integration=str(world.sync.pk))
    assert (shown["integration"]["name"], shown["user"], shown["scopes"]) == ("Sync", str(world.bob.pk), ["profile"])


def test_events_are_listed_by_kind_and_time(world, browser, robot):
    browser(world.bob)
    (shown,) = items(robot, "security-events", kind="signed_in")
    assert shown["user_label"] == "bob@example.com"
    assert items(robot, "security-events", since=(timezone.now() + timedelta(hours=1)).isoformat()) == []
    assert items(robot, "security-events", until=(timezone.now() - timedelta(hours=1)).isoformat()) == []


@pytest.mark.parametrize("path", LISTS)
def test_another_organisation_sees_nothing_of_it_and_shows_nothing(world, browser, robot, path, elsewhere):
    browser(world.mallory)
    world.connect(world.bob)
    events.record(events.Kind.SIGNED_IN, user=world.mallory)
    assert str(world.mallory.pk) not in str(items(robot, path))


@pytest.mark.parametrize("path", LISTS)
def test_one_of_anothers_is_not_there(world, browser, robot, path, elsewhere):
    browser(world.mallory)
    session, grant = world.mallory.sessions.get(), world.mallory.grants.get()
    theirs = {"members": world.mallory.pk, "sessions": session.public_id, "grants": grant.pk}
    answer = robot.get(f"/api/v1/{path}/{theirs.get(path, elsewhere.pk)}")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", LISTS)
def test_one_of_the_list_is_there_by_its_id(world, browser, robot, path):
    from accounts import revocation
    from accounts.models import Cause
    from accounts.revocation import Scope

    browser(world.bob)
    revocation.revoke(Scope(grant=world.grant_of(world.connect(world.bob))), cause=Cause.ENDED)
    for item in items(robot, path):
        assert robot.get(f"/api/v1/{path}/{item['id']}").json().items() >= item.items()


@pytest.mark.parametrize("path", ["sessions", "grants", "security-events", "revocations"])
def test_a_token_for_a_plain_member_sees_what_is_theirs(world, browser, caller, path):
    for user in (world.alice, world.bob):
        browser(user)
        world.connect(user)
    assert {item["user"] for item in items(caller(world.bob), path)} <= {str(world.bob.pk)}
    if path != "revocations":
        assert {str(world.alice.pk), str(world.bob.pk)} <= {item["user"] for item in items(caller(world.alice), path)}


def test_it_narrows_as_soon_as_the_role_does(world, caller):
    alices = caller(world.alice)
    world.connect(world.bob)
    assert str(world.bob.pk) in str(items(alices, "grants"))
    Membership.objects.filter(user=world.alice).update(role="member")
    assert str(world.bob.pk) not in str(items(alices, "grants"))


def test_pages_hold_everything_once_while_rows_come(world, robot):
    for _ in range(5):
        world.connect(world.bob)
    seen, cursor = [], None
    while True:
        page = robot.get("/api/v1/grants", {"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [item["id"] for item in page["items"]]
        world.connect(world.alice)  # newer than the cursor: it shifts nothing
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 6


@pytest.mark.parametrize("path", LISTS)
def test_a_page_takes_the_same_statements_however_long_it_is(
    world, browser, robot, path, django_assert_max_num_queries
):
    for _ in range(3):
        browser(world.bob)
        world.connect(world.bob)
    items(robot, path)  # the first one fetches the keys
    with django_assert_max_num_queries(2):
        items(robot, path)


def test_what_has_not_changed_costs_a_304_and_no_body(world, robot):
    first = robot.get("/api/v1/security-events")
    assert first["Cache-Control"] == "private, no-cache"
    for known in (first["ETag"], "W/" + first["ETag"], '"x", ' + first["ETag"]):
        again = robot.get("/api/v1/security-events", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    events.record(events.Kind.SIGNED_IN, user=world.bob)
    changed = robot.get("/api/v1/security-events", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200


def test_a_revoked_token_gets_401_and_no_304(world, api_client):
    from accounts.models import Grant

    caller = api_client(world.connect(world.bob)["access_token"])
    etag = caller.get("/api/v1/me")["ETag"]
    Grant.objects.update(ended_at=timezone.now())
    assert caller.get("/api/v1/me", headers={"If-None-Match": etag}).status_code == 401


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=" + "9" * 2000, "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=%00", "cursor"),
        ("cursor=" + "x" * 400, "cursor"),
        ("user=x", "user"),
        ("user=%00", "user"),
        ("kind=%00", "kind"),
        ("role=%00", "role"),
        ("email=a%00@example.com", "email"),
        ("since=yesterday", "since"),
        ("since=9999-12-31T23:59:59-23:59", "since"),
        ("until=0001-01-01T00:00:00%2B23:59", "until"),
        ("unknown=1", "unknown"),
        ("%00=1", "\0"),
    ],
)
def test_a_query_that_makes_no_sense_is_400_with_the_name(robot, path, query, field):
    answer = robot.get(f"/api/v1/{path}?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert set(answer.json()["errors"]) == {field}


def test_a_cursor_of_one_list_is_none_of_another(world, robot):
    for _ in range(2):
        world.connect(world.bob)
    cursor = robot.get("/api/v1/grants?limit=1").json()["next_cursor"]
    for path, other in [("members", cursor), ("grants", cursor + "x"), ("grants", "x"), ("grants", ":::")]:
        answer = robot.get(f"/api/v1/{path}", {"cursor": other})
        assert (answer.status_code, "cursor" in answer.json()["detail"]) == (404, True)


@pytest.mark.parametrize("scope", [*SCOPES, None])
def test_each_operation_wants_its_own_scope_and_no_other(world, api_client, scope):
    needs = {"me": "profile", "members": "members:read", "sessions": "sessions:read", "grants": "grants:read"}
    needs |= {"security-events": "events:read", "revocations": "revocations:read"}
    scopes = (scope,) if scope else ()
    app, _ = world.integration("One", ["authorization_code"], [CALLBACK], scopes=ALL)
    one = api_client(world.connect(world.alice, app, scopes)["access_token"])
    for path, needed in needs.items():
        for address in (path, f"{path}/{world.bob.pk}" if path != "me" else path):
            answer = one.get(f"/api/v1/{address}")
            assert (answer.status_code == 403) == (scope != needed), (address, answer.content)
            assert scope == needed or f'scope="{needed}"' in answer["WWW-Authenticate"]
    answer = one.post("/api/v1/revocations", {}, format="json")
    assert answer.status_code == (400 if scope == "revocations:write" else 403)
