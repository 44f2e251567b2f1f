"""The one body that the API takes: a JSON document in UTF-8, small, and not deeper than anybody needs."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.parsers import BaseParser

MOST = 100_000  # bytes


class TooLarge(APIException):
    status_code = 413
    default_detail = f"The body is larger than {MOST} bytes."


class JSON(BaseParser):
    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, context: Mapping[str, Any] | None = None) -> Any:
        """DRF's own decodes by whatever charset the header names, and falls over a thousand brackets."""
        body = stream.read(MOST + 1)
        if len(body) > MOST:
            raise TooLarge
        try:
            document = json.loads(body.decode(), parse_constant=_refuse, object_pairs_hook=_each_once)
        except (ValueError, RecursionError):
            raise ParseError("The body is not a JSON document in UTF-8.") from None
        members = document.items() if isinstance(document, dict) else [("The body", document)]
        odd = [ascii(name)[1:41].strip("'") for name, value in members if not _is_text({name: value})]
        if odd:
            raise ValidationError({name: ["It holds half of a surrogate pair."] for name in odd})
        return document


def _is_text(value: Any) -> bool:
    """An escape may spell half a surrogate pair, which no column holds and no answer could repeat."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    except RecursionError:
        raise ParseError("The body is deeper than anybody needs.") from None
    return True


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """RFC 8259 leaves open which of two counts; one of ours and one of theirs would differ."""
    document = dict(pairs)
    if len(document) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ParseError(f"{ascii(repeated[:40])[1:-1]} is repeated.")
    return document


def _refuse(constant: str) -> None:
    raise ValueError(constant)
