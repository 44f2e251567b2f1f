"""How an API request shows who it is: one access token in the Authorization header, and nowhere else."""

import logging
from dataclasses import dataclass

from django.db import Error
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.request import Request

from accounts import late_tries, revocation, tokens, usage, visitors
from accounts.claims import Claims

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Caller:
    """Who calls: a client on behalf of a user, or on its own. Built from the token alone; no SQL behind it."""

    claims: Claims

    is_authenticated = True


class ApiRequest(Request):
    """For type hints: a request that came with a token of ours, whose claims are its `auth`."""

    auth: Claims


class Unavailable(APIException):
    """Neither a lease nor a database: nobody can say whether the token stands, so it is not believed."""

    status_code = 503
    default_detail = "The service cannot verify access tokens just now. Try again shortly."
    wait = 2  # seconds, for Retry-After


class AccessTokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Caller, Claims] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            claims = tokens.verify(token)
            stands = revocation.stands(claims)
        except tokens.InvalidToken:
            raise AuthenticationFailed from None
        except Error as error:
            log.error("Refused for want of a database: %s", error)
            raise Unavailable from error
        if not stands:
            late_tries.note(late_tries.Kind.ACCESS_TOKEN, claims.grant, visitors.of(request))
            raise AuthenticationFailed
        usage.count(claims.client_id)
        return Caller(claims), claims

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
