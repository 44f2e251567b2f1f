"""Ten requests at once under one key: one acts, and nobody sees a 5xx."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import idempotency, keys
from accounts.clients import Client as OAuthClient
from accounts.grants import own
from accounts.models import IdempotentAnswer, Revocation
from accounts.tests.races import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_many_at_once_one_acts(world):
    keys.signing_key()
    integration, _ = world.integration("SOAR", ["client_credentials"], [], scopes=("revocations:write",))
    token = own(OAuthClient(integration, integration.secrets.get()), ("revocations:write",))["access_token"]
    body = {"scope": {"user": str(world.bob.pk)}}
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "one"}
    answers = together(
        10, lambda: APIClient().post("/api/v1/revocations", body, format="json", headers=headers).status_code
    )
    assert set(answers) <= {201, 409} and 201 in answers
    assert Revocation.objects.count() == IdempotentAnswer.objects.count() == 1


def test_an_act_that_was_given_up_for_dead_meanwhile_is_answered_all_the_same(db):
    def act():
        IdempotentAnswer.objects.all().delete()
        return 201, {"id": 1}

    assert idempotency.once(act, holder="h", key="k", request="r") == (201, {"id": 1})


def test_a_failure_takes_away_no_row_of_another(db):
    def act():
        later = timezone.now() + timedelta(minutes=11)
        IdempotentAnswer.objects.update(created_at=later)
        raise ValueError

    with pytest.raises(ValueError):
        idempotency.once(act, holder="h", key="k", request="r")
    assert IdempotentAnswer.objects.exists()
