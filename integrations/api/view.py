"""What every operation of the API has in common, so that one of its own is a file of a few lines.

`required_scopes` says for each method what the token must carry; a method without is closed. What was read may be
asked for again with If-None-Match, and costs 304 and no body while nothing has changed.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseNotModified
from django.utils.cache import set_response_etag
from django.utils.http import parse_etags
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts import reach
from accounts.reach import Reach
from integrations import rates
from integrations.api import pages, queries
from integrations.api.openapi import Schema
from integrations.authentication import ApiRequest


class View(APIView):
    http_method_names = ["get", "head", "post"]
    required_scopes: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    schema = Schema()
    is_counted = True
    query_class: type[queries.Query] | None = None  # what a GET reads of its address; no other name may stand there

    def reach(self, request: ApiRequest) -> Reach:
        return reach.of(request.auth)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.is_counted:
            rates.hit_api(request)
        queries.check(self.query_class if request.method in {"GET", "HEAD"} else None, request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        done = super().finalize_response(request, response, *args, **kwargs)
        rates.describe(self.request._request, done)
        if request.method not in {"GET", "HEAD"} or done.status_code != 200:
            done["Cache-Control"] = "no-store"
            return done
        done["Cache-Control"] = "private, no-cache"  # may be kept by the client, and is asked about each time
        set_response_etag(done.render())
        return _unchanged(request, done) or done


class Collection(View):
    """GET of many: a page of `rows`, newest first."""

    query_class: type[queries.Query] = queries.Query
    serializer_class: type[Serializer[Any]]
    newest_by: tuple[str, str] = ("created_at", "pk")  # when, and what tells two of the same moment apart

    def rows(self, within: Reach, query: dict[str, Any]) -> QuerySet[Any]:
        raise NotImplementedError

    def get(self, request: ApiRequest) -> Response:
        query = queries.read(self.query_class, request)
        page = pages.cut(self.rows(self.reach(request), query), self.newest_by, query["limit"], query.get("cursor", ""))
        shown = self.serializer_class(page.rows, many=True).data
        return Response({"items": shown, "next_cursor": page.next_cursor})


class Item(View):
    """GET of one, by the id in the address; somebody else's is not there."""

    serializer_class: type[Serializer[Any]]
    found_by = "pk"

    def rows(self, within: Reach) -> QuerySet[Any]:
        raise NotImplementedError

    def get(self, request: ApiRequest, id: str) -> Response:
        row = self.rows(self.reach(request)).filter(**{self.found_by: id}).first()
        if row is None:
            raise NotFound
        return Response(self.serializer_class(row).data)


def _unchanged(request: Request, response: HttpResponse) -> HttpResponse | None:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if response["ETag"] not in {etag.removeprefix("W/") for etag in known}:
        return None
    return HttpResponseNotModified(headers={name: response[name] for name in ("ETag", "Cache-Control")})
