"""The one body that the API takes: a JSON document in UTF-8, small, and not deeper than anybody needs."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import APIException, ParseError
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
            return json.loads(body.decode(), parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise ParseError("The body is not a JSON document in UTF-8.") from None


def _refuse(constant: str) -> None:
    raise ValueError(constant)
