"""The OpenAPI document and the page to read it by, both for anybody, both made once a process."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from drf_spectacular.generators import SchemaGenerator

from integrations import errors
from integrations.api import openapi, urls
from integrations.api.reference import Reference
from integrations.oauth import metadata

GUIDE = Path(__file__).with_name("guide.md")


@errors.public
def document(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1. It says what the code does: it is made from the views."""
    body, etag = _body()
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body, content_type="application/vnd.oai.openapi+json")
    response["ETag"] = etag
    response["Cache-Control"] = "public, max-age=300"
    response["Access-Control-Allow-Origin"] = "*"
    return response


@errors.public
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html", _parts())


@cache
def _document() -> dict[str, Any]:
    generator: Any = SchemaGenerator  # it has no types
    shown: dict[str, Any] = generator().get_schema(request=None, public=True)
    shown["info"]["description"] = GUIDE.read_text().format(
        **metadata.about(), rates=settings.RATES, replay=settings.REFRESH_REPLAY_AGE
    )
    views: list[Any] = [address.callback for address in urls.v1]
    modules = dict.fromkeys(view.cls.__module__ for view in views)
    shown["tags"] = [openapi.tag(name) for name in modules]
    return shown


@cache
def _body() -> tuple[bytes, str]:
    body = json.dumps(_document(), indent=2).encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


@cache
def _parts() -> dict[str, SafeString]:
    context = {"api": Reference(_document())}
    return {name: render_to_string(f"api/{name}.html", context) for name in ("contents", "reference")}
