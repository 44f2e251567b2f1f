"""Ten requests at once under one key: one acts, and nobody sees a 5xx."""

import pytest
from rest_framework.test import APIClient

from accounts import keys
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
