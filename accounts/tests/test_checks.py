"""What the system checks refuse."""

from django.core.checks import run_checks
from django.db import models
from django.test.utils import isolate_apps

from accounts import checks
from accounts.models import Session


def test_the_house_as_it_stands_is_accepted():
    assert run_checks() == []


def test_a_foreign_key_to_a_session_is_named(monkeypatch):
    with isolate_apps("accounts"):

        class Visit(models.Model):
            session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+")

            class Meta:
                app_label = "accounts"

            def __str__(self):
                return "a visit"

        monkeypatch.setattr(Session._meta, "related_objects", (Visit._meta.get_field("session").remote_field,))
        (error,) = checks.nothing_holds_sessions()
    assert (error.id, error.msg) == ("accounts.E001", "accounts.Visit.session refers to a session.")
