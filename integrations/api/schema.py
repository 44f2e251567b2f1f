"""The OpenAPI document and the page to read it by, both for anybody, both from our own files."""

import hashlib
import json
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator


@require_safe
def document(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1. It says what the code does: it is made from the views, once a process."""
    body, etag = _document()
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body, content_type="application/vnd.oai.openapi+json")
    response["ETag"] = etag
    response["Cache-Control"] = "public, max-age=300"
    response["Access-Control-Allow-Origin"] = "*"
    return response


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html")


@cache
def _document() -> tuple[bytes, str]:
    generator: Any = SchemaGenerator  # it has no types
    body = json.dumps(generator().get_schema(request=None, public=True), indent=2).encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
