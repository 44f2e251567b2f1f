"""What the server says of itself, to anybody: RFC 8414, RFC 7517, RFC 9728. Built from ISSUER, never from the Host."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse

from accounts import assertions, keys
from accounts.models import SCOPES, Integration
from integrations import errors

AUTHENTICATED = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
ALGORITHMS = list(assertions.ALGORITHMS)


def about() -> dict[str, Any]:
    """RFC 8414. Says what is true here and nothing else."""
    issuer = settings.ISSUER
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "token_endpoint_auth_methods_supported": [*AUTHENTICATED, "none"],
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "revocation_endpoint_auth_methods_supported": [*AUTHENTICATED, "none"],
        "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "introspection_endpoint_auth_methods_supported": AUTHENTICATED,
        "introspection_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "device_authorization_endpoint": f"{issuer}/oauth/device_authorization",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(Integration.GrantType.values),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }


@errors.public
def server(request: HttpRequest) -> JsonResponse:
    return _public(about())


@errors.public
def resource(request: HttpRequest) -> JsonResponse:
    """RFC 9728: which server gives tokens for this API, and how they are sent."""
    return _public(
        {
            "resource": settings.AUDIENCE,
            "authorization_servers": [settings.ISSUER],
            "scopes_supported": list(SCOPES),
            "bearer_methods_supported": ["header"],
        }
    )


@errors.public
def jwks(request: HttpRequest) -> JsonResponse:
    """RFC 7517: the public keys that our tokens are verified with."""
    return _public(keys.jwks())


def _public(document: dict[str, object]) -> JsonResponse:
    headers = {"Cache-Control": f"public, max-age={settings.JWKS_MAX_AGE}", "Access-Control-Allow-Origin": "*"}
    return JsonResponse(document, headers=headers)
