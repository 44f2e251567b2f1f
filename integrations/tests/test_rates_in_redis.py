"""What Redis holds of the rates may be anything. Not run on SQLite, beside which the tests start no Redis."""

import pytest

from accounts import rates
from integrations.tests.test_rates import own


@pytest.mark.django_db
def test_a_redis_that_holds_no_number_stops_nobody(world, client):
    counters, share = rates._counters()._redis, ("client-failures", "127.0.0.1", str(world.export.pk))
    counters.storage.set(counters.prefixed_key(rates._window(share[0], share[1:]).key), "junk", ex=60)
    assert own(client, world).status_code == 200
