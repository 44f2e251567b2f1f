"""The dashboard's pages: one's own and nobody else's, what each button ends, what each costs."""

import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils.html import strip_tags

from accounts import events, tokens
from accounts.models import SCOPES, SecurityEvent, Session
from accounts.tests.world import CALLBACK
from dashboard import errors

pytestmark = pytest.mark.django_db

PAGES = ["", "sessions/", "sign-out-everywhere/", "apps/", "integrations/", "security-log/"]
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_for_the_signed_in_and_cached_by_nobody(world, browser, client, page):
    assert client.get(f"/dashboard/{page}").status_code == 302
    answer = browser(world.alice).get(f"/dashboard/{page}")
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "default-src 'self'" in answer["Content-Security-Policy"]


def test_the_list_of_sessions_is_one_statement_and_its_mark_another_besides_signing_in(
    world, browser, django_assert_num_queries
):
    alice = browser(world.alice)
    for _ in range(9):
        browser(world.alice)
    with django_assert_num_queries(3):
        page = alice.get("/dashboard/sessions/").content.decode()
    assert page.count("This browser") == 1
    assert page.count('aria-label="End ') == 9


def test_no_two_buttons_of_the_list_sound_alike(world, browser):
    alice = browser(world.alice)
    for minute in range(10):
        browser(world.alice)
        row = Session.objects.filter(user=world.alice).latest("created_at")
        Session.objects.filter(pk=row.pk).update(created_at=row.created_at - timedelta(hours=1, minutes=minute))
    labels = re.findall(r'aria-label="(End [^"]+)"', alice.get("/dashboard/sessions/").content.decode())
    assert (len(labels), len(set(labels))) == (10, 10)
    assert all("This computer 127.0.0.1, signed in " in label for label in labels)


def test_the_list_names_the_device_and_the_place(world, browser):
    page = browser(world.bob, user_agent=CHROME).get("/dashboard/sessions/").content.decode()
    assert "Chrome 131 on Windows" in page
    assert "This computer" in page
    assert "by password" in page


def test_ending_a_session_ends_that_one(world, browser):
    here, there = browser(world.bob), browser(world.bob)
    row = Session.objects.filter(user=world.bob).latest("created_at")
    here.post(f"/dashboard/sessions/{row.public_id}/end/")
    assert there.get("/dashboard/").status_code == 302
    assert here.get("/dashboard/").status_code == 200


def test_it_says_how_many_open_pages_went_dark(world, browser):
    here, there = browser(world.bob), browser(world.bob)
    row = Session.objects.filter(user=world.bob).latest("created_at")
    Session.objects.filter(pk=row.pk).update(streams=2)
    assert "1 session; 2 open pages went dark." in end_others(here)
    Session.objects.filter(user=world.bob).update(streams=1)
    there = browser(world.bob)
    page = there.post(f"/dashboard/sessions/{Session.objects.get(streams=1).public_id}/end/", follow=True)
    assert "Firefox 132; 1 open page went dark." in page.content.decode()
    assert "dark" not in end_others(there)


def end_others(client):
    return client.post("/dashboard/sessions/end-others/", follow=True).content.decode().split("<h1>")[0]


def test_somebody_elses_session_is_404_and_lives(world, browser):
    bob, mallory = browser(world.bob), browser(world.mallory)
    row = Session.objects.get(user=world.bob)
    assert mallory.post(f"/dashboard/sessions/{row.public_id}/end/").status_code == 404
    assert bob.get("/dashboard/").status_code == 200


def test_signing_out_everywhere_says_what_ends_and_then_ends_it(world, browser):
    here, there, had = browser(world.bob), browser(world.bob), world.connect(world.bob)
    assert "2 sessions and 1 connected app" in here.get("/dashboard/sign-out-everywhere/").content.decode()
    assert there.get("/dashboard/").status_code == 200
    done = here.post("/dashboard/sign-out-everywhere/", follow=True)
    assert "Ended: 2 sessions and 1 connected app." in done.content.decode()
    assert there.get("/dashboard/").status_code == 302
    assert not tokens.is_live(tokens.verify(had["access_token"]))


def test_disconnecting_an_app_ends_ones_own_grants_for_it_alone(world, browser):
    mine, other, alices = world.connect(world.bob), world.connect(world.bob, world.pocket), world.connect(world.alice)
    bob = browser(world.bob)
    assert "Sync" in bob.get("/dashboard/apps/").content.decode()
    bob.post(f"/dashboard/apps/{world.sync.pk}/disconnect/")
    assert [tokens.is_live(tokens.verify(t["access_token"])) for t in (mine, other, alices)] == [False, True, True]
    assert (
        "Sync"
        not in bob.get("/dashboard/apps/")
        .content.decode()
        .split("<main")[1]
        .split("Disconnected")[1]
        .split("</ul>", 1)[1]
    )


def test_disconnecting_asks_first(world, browser):
    had, bob, url = world.connect(world.bob), browser(world.bob), f"/dashboard/apps/{world.sync.pk}/disconnect/"
    page = bob.get(url).content.decode()
    assert "See who it is acting for" in page
    assert "connect it again" in page
    assert tokens.is_live(tokens.verify(had["access_token"]))
    bob.post(url)
    assert "Not connected any more: Sync." in bob.get(url, follow=True).content.decode()


def test_what_an_app_may_do_is_what_was_agreed_to_in_all_and_not_what_it_may_ask_for(world, browser):
    scopes = ("profile", "members:read", "revocations:write", "events:read")
    app, _ = world.integration("Ledger", ["authorization_code"], [CALLBACK], scopes=scopes)
    world.connect(world.bob, app, ("profile",))
    world.connect(world.bob, app, ("profile", "members:read"))
    world.connect(world.alice, app, scopes)
    bob = browser(world.bob)
    for url in ("/dashboard/apps/", f"/dashboard/apps/{app.pk}/disconnect/"):
        page = bob.get(url).content.decode()
        shown = [name for name, words in SCOPES.items() if words in page]
        assert shown == ["profile", "members:read"]


def test_an_app_that_one_has_not_connected_is_404(world, browser):
    assert browser(world.bob).post(f"/dashboard/apps/{world.sync.pk}/disconnect/").status_code == 404
    assert browser(world.bob).get(f"/dashboard/apps/{world.sync.pk}/disconnect/").status_code == 404


@pytest.mark.parametrize(
    ("button", "page"),
    [
        ("sessions/{id}/end/", "sessions/"),
        ("integrations/{app}/secrets/", "integrations/{app}/"),
        ("integrations/{app}/keys/", "integrations/{app}/"),
        ("organisations/{acme}/members/{bob}/remove/", "organisations/{acme}/members/{bob}/"),
        ("organisations/{acme}/members/invitations/{id}/withdraw/", "organisations/{acme}/members/"),
    ],
)
def test_the_address_of_a_button_leads_to_its_page(world, browser, button, page):
    names = {"app": world.export.pk, "acme": world.acme.pk, "bob": world.bob.pk, "id": uuid.uuid4()}
    button, page = (f"/dashboard/{path}".format(**names) for path in (button, page))
    alice = browser(world.alice)
    assert alice.get(button)["Location"] == page
    assert alice.get(page).status_code == 200
    assert alice.put(button).status_code == 405


def test_a_wrong_method_has_a_page_and_says_which_are_right(world, browser):
    answer = browser(world.alice).post("/dashboard/security-log/")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
    assert "That does not work here." in answer.content.decode()


def test_whoever_is_not_signed_in_is_not_told_that_they_are(world, browser, rf):
    assert "You are signed in" in errors.permission_denied(as_(rf.get("/"), world.bob)).content.decode()
    assert "You are not signed in." in errors.permission_denied(as_(rf.get("/"), AnonymousUser())).content.decode()


def as_(request, user):
    request.user, request.session = user, {}
    return request


def test_the_log_shows_what_is_ones_own_and_what_one_looks_after(world, browser):
    browser(world.mallory)
    world.connect(world.bob)
    alice = browser(world.alice).get("/dashboard/security-log/").content.decode()
    assert "bob@example.com" in alice
    assert "mallory" not in alice
    assert "alice" not in browser(world.bob).get("/dashboard/security-log/").content.decode().split("<main")[1]


@pytest.mark.parametrize("page", ["", "0", "-1", "999", "x", "%00"])
def test_a_page_of_the_log_that_is_not_there_is_the_nearest_one(world, browser, page):
    assert browser(world.bob).get(f"/dashboard/security-log/?page={page}").status_code == 200


@pytest.mark.parametrize(
    "path", ["sessions/{}/end/", "apps/{}/disconnect/", "integrations/{}/", "integrations/{}/secrets/{}/end/"]
)
@pytest.mark.parametrize(
    "junk", ["x", "%00", "0" * 500, "00000000-0000-4000-8000-000000000000", "..%2f..%2f", "\u20ac"]
)
def test_ids_of_nothing_are_404(world, browser, path, junk):
    url = "/dashboard/" + path.format(junk, junk)
    alice = browser(world.alice)
    assert alice.post(url).status_code in {404, 405}
    assert alice.get(url).status_code == (302 if path.startswith("sessions") and len(junk) == 36 else 404)


def test_every_change_needs_a_csrf_token(world, browser):
    bob = Client(enforce_csrf_checks=True)
    bob.cookies = browser(world.bob).cookies
    row = Session.objects.get(user=world.bob)
    for path in (f"sessions/{row.public_id}/end/", "sign-out-everywhere/", "integrations/"):
        assert bob.post(f"/dashboard/{path}").status_code == 403
    assert bob.get("/dashboard/").status_code == 200


def test_a_name_with_markup_is_shown_as_text(world, browser):
    world.integration('<script>alert("x")</script>', ["client_credentials"], [])
    page = browser(world.alice).get("/dashboard/integrations/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_signing_in_and_out_and_failing_to_are_on_record(world, browser, client):
    browser(world.bob).post("/accounts/logout/")
    client.post("/accounts/login/", {"login": world.bob.email, "password": "wrong"})
    kinds = SecurityEvent.objects.filter(user=world.bob).order_by("at").values_list("kind", flat=True)
    assert list(kinds) == ["signed_in", "signed_out", "sign_in_failed"]


def test_ending_all_others_says_how_many_and_keeps_this_one_and_the_apps(world, browser):
    here, there, had = browser(world.bob), browser(world.bob), world.connect(world.bob)
    assert "1 session" in here.get("/dashboard/sessions/end-others/").content.decode()
    here.post("/dashboard/sessions/end-others/")
    assert (here.get("/dashboard/").status_code, there.get("/dashboard/").status_code) == (200, 302)
    assert tokens.is_live(tokens.verify(had["access_token"]))


def test_five_hundred_sessions_are_paged_in_one_statement(world, browser, django_assert_num_queries):
    alice, row = browser(world.alice), Session.objects.get(user=world.alice)
    row.session_data, fields = "", {name: getattr(row, name) for name in ("user_id", "epoch", "expire_date")}
    Session.objects.bulk_create(Session(key_hash=f"{n:064}", **fields) for n in range(500))
    with django_assert_num_queries(3):
        text = alice.get("/dashboard/sessions/?page=10").content.decode()
    assert text.count('class="what"') == 50
    assert "501 sessions: every browser" in strip_tags(text)
    assert "Page 10 of 11" in text
    assert alice.get("/dashboard/sessions/?page=11").content.decode().count('class="what"') == 1


@pytest.mark.parametrize("kind", ["refresh_reused", "code_reused", "not_me", "tried_again"])
def test_no_number_of_failed_sign_ins_hides_an_alarm(world, browser, kind):
    for _ in range(2):
        events.record(kind, user=world.bob)
    for _ in range(60):
        events.record(events.Kind.SIGN_IN_FAILED, user=world.bob)
    page = browser(world.bob).get("/dashboard/").content.decode().split('id="attention"')[1].split("</section>")[0]
    assert f"kind={kind}&amp;days=7" in page
    assert [words for words in ("2 times in 7 days", "60 times in 7 days") if words in page] == [
        "2 times in 7 days",
        "60 times in 7 days",
    ]


def test_an_alarm_of_long_ago_is_over(world, browser):
    old = events.record(events.Kind.CODE_REUSED, user=world.bob)
    SecurityEvent.objects.filter(pk=old.pk).update(at=old.at - timedelta(days=8))
    assert "kind=code_reused" not in browser(world.bob).get("/dashboard/").content.decode()
