"""The Idempotency-Key header of a POST (draft-ietf-httpapi-idempotency-key-header): optional, and once is once."""

import json
import re
from collections.abc import Callable

from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.exceptions import ValidationError

from accounts import idempotency
from accounts.idempotency import Answer
from integrations.authentication import ApiRequest
from integrations.errors import Conflict, Unprocessable


class UnderWay(Conflict):
    default_detail = "The first request under this Idempotency-Key has not been answered yet."
    wait = 1  # seconds, for Retry-After: unlike any other conflict, this one passes


KEY = re.compile(r"[\x21-\x7e]{1,255}")
HEADER = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    OpenApiParameter.HEADER,
    description="Your own name for this request, such as a UUID. Kept for a day.",
    examples=[OpenApiExample("Example", "b9f3c1d2-6a5e-4f0b-8c7d-2e1f3a4b5c6d")],
)


def once(request: ApiRequest, act: Callable[[], Answer]) -> Answer:
    """What `act` answers; or answered, when this client has sent the same request under the same key before."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return act()
    if not KEY.fullmatch(key):
        raise ValidationError({"Idempotency-Key": ["It takes 1 to 255 characters of printable ASCII, without spaces."]})
    holder = f"{request.auth.client_id}:{request.auth.subject}"
    body = json.dumps([request.method, request.path, request.data], sort_keys=True)
    try:
        return idempotency.once(act, holder=holder, key=key, request=body)
    except idempotency.AnotherRequest:
        raise Unprocessable("This Idempotency-Key was used for another request.") from None
    except idempotency.UnderWay:
        raise UnderWay from None
