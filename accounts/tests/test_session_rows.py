"""The one statement behind a session: compiled once, and yet all that the ORM would have read."""

import pytest
from django.db import models

from accounts import session_rows
from accounts.models import Session
from accounts.sessions import SessionStore


def same(found: models.Model, expected: models.Model) -> bool:
    fields = [field.attname for field in expected._meta.concrete_fields]
    return all(getattr(found, name) == getattr(expected, name) for name in fields)


def test_it_reads_what_the_orm_reads(world, browser, django_assert_num_queries):
    browser(world.bob)
    expected = Session.objects.select_related("user").get(user=world.bob)
    with django_assert_num_queries(1):
        found = session_rows.find(expected.key_hash)
        assert same(found, expected)
        assert same(found.user, expected.user)
        assert not found._state.adding and found.user._loaded == expected.user._loaded


def test_a_session_of_nobody_has_no_user(db):
    store = SessionStore()
    store.create()
    found = session_rows.find(Session.objects.get().key_hash)
    assert found.user is None


@pytest.mark.parametrize("key_hash", ["", "unknown", "'; --", "%s", "é" * 64])
def test_an_unknown_key_is_nobodys(db, key_hash):
    assert session_rows.find(key_hash) is None
