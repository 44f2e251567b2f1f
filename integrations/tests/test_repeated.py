"""Every endpoint for programs refuses a field that comes twice in the words of its RFC (RFC 6749, 3.1 and 3.2)."""

import pytest

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("path", ["token", "revoke", "introspect", "device_authorization"])
@pytest.mark.parametrize("field", ["client_id", "scope", "token"])
def test_a_repeated_field_is_an_invalid_request(client, path, field):
    answer = client.post(f"/oauth/{path}", f"{field}=a&{field}=b", content_type=FORM)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert f"{field} is repeated" in answer.json()["error_description"]
