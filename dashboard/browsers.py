"""A browser that somebody has signed in with before carries a signed cookie that says so, and under which epoch.

It opens nothing. Without it a sign-in is from a new browser, of which the user is told; and what a revocation has
outdated makes a browser no longer trusted to skip the second factor.
"""

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.models import User

SALT = "dashboard.browsers"
AGE = 365 * 86_400  # seconds
MOST = 5  # people of one browser


def known(request: HttpRequest) -> dict[str, int]:
    """User ids and epochs of the sign-ins before; {} for a cookie that is not ours."""
    try:
        pairs = signing.loads(request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE_NAME, ""), salt=SALT, max_age=AGE)
    except signing.BadSignature:
        return {}
    return dict(pairs)


def is_known(request: HttpRequest, user: User) -> bool:
    return str(user.pk) in known(request)


def is_of_this_epoch(request: HttpRequest, user: User) -> bool:
    return known(request).get(str(user.pk)) == user.epoch


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    others = [pair for pair in known(request).items() if pair[0] != str(user.pk)]
    response.set_cookie(
        settings.KNOWN_BROWSER_COOKIE_NAME,
        signing.dumps([*others, (str(user.pk), user.epoch)][-MOST:], salt=SALT),
        max_age=AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
