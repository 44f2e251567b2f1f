"""Authorization codes: a person agrees and a code is given; it becomes tokens once, and a second try ends them."""

import base64
import hashlib
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import crypto, events, late_tries, ranks, revocation, tokens, visitors
from accounts.grants.answers import Answer, InvalidGrant, answer
from accounts.grants.reuse import end_reused
from accounts.models import Grant, Integration, User
from accounts.visitors import Visitor

CODE_PREFIX = "pc_code"


class NotAMember(Exception):
    """Only members of the integration's organisation may connect it."""


def check_may_connect(user: User, integration: Integration) -> None:
    """Raises NotAMember, and NotAllowed where they lack the second factor that the organisation requires."""
    theirs = user.memberships.filter(organisation=integration.organisation_id)
    is_required = theirs.values_list("organisation__requires_mfa", flat=True).first()
    if is_required is None:
        raise NotAMember
    ranks.check_second_factor(user, is_required=is_required)


@revocation.in_turn
def agree(
    *,
    user: User,
    integration: Integration,
    scopes: list[str],
    redirect_uri: str,
    code_challenge: str,
    visitor: Visitor = visitors.NOBODY,
) -> str:
    """Notes the person's consent and returns the code, in clear this once.

    The grant is born under the epoch that the person's session was read with: consent given in a browser that is
    revoked at the same moment is worth nothing. A narrower revocation comes before, and then it is refused, or after,
    and then it finds the grant. Raises NotAMember, and NotAllowed where that session has ended.
    """
    ranks.check_still_in(user)
    check_may_connect(user, integration)
    code = crypto.new_secret(CODE_PREFIX)
    Grant.objects.create(
        integration=integration,
        organisation=integration.organisation,
        user=user,
        scopes=scopes,
        epoch=user.epoch,
        expires_at=timezone.now() + timedelta(seconds=settings.AUTHORIZATION_CODE_AGE),
        code_hash=crypto.digest(code),
        code_challenge=code_challenge,
        redirect_uri=redirect_uri,
    )
    events.record(
        events.Kind.APP_CONNECTED, user=user, by=user, integration=integration, visitor=visitor, scopes=scopes
    )
    return code


def find_code(code: str, *, integration: Integration, visitor: Visitor = visitors.NOBODY) -> Grant:
    """The grant that a code of this client stands for. A code that was used already ends what it gave."""
    grant = Grant.objects.select_related("user", "integration").filter(code_hash=crypto.digest(code)).first()
    if grant is None or grant.integration_id != integration.pk:
        raise InvalidGrant
    if grant.ended_at is not None:
        late_tries.note(late_tries.Kind.CODE, grant.pk, visitor)
        raise InvalidGrant
    if grant.redeemed_at is not None:
        end_reused(grant, events.Kind.CODE_REUSED)
        raise InvalidGrant
    return grant


def redeem(grant: Grant, *, code_verifier: str) -> Answer:
    """The first tokens of a grant, for the one caller who redeems its code."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()
    if not constant_time_compare(challenge, grant.code_challenge):
        raise InvalidGrant
    try:
        return exchange(grant)
    except InvalidGrant:
        if Grant.objects.filter(pk=grant.pk).exclude(redeemed_at=None).exists():
            end_reused(grant, events.Kind.CODE_REUSED)
        raise


def exchange(grant: Grant) -> Answer:
    """The first tokens of a grant that somebody agreed to, for the one caller who comes first."""
    if not Grant.objects.live().codes().filter(pk=grant.pk).exists():
        raise InvalidGrant
    grant.expires_at = grant.created_at + timedelta(seconds=settings.GRANT_AGE)
    given, refresh_jti = answer(grant, tuple(grant.scopes))
    if not _claim(grant, refresh_jti):
        raise InvalidGrant
    return given


@transaction.atomic
def _claim(grant: Grant, refresh_jti: str) -> bool:
    """Turns a code into a standing grant, for the first who comes."""
    now = timezone.now()
    # Conditions on the row itself, no join: PostgreSQL looks at them again when it had to wait for the row.
    won = Grant.objects.filter(pk=grant.pk, redeemed_at=None, ended_at=None, expires_at__gt=now).update(
        redeemed_at=now,
        last_used_at=now,
        expires_at=grant.expires_at,
        refresh_hash=crypto.digest(refresh_jti) if refresh_jti else "",
        refresh_kid=grant.refresh_kid,
    )
    if won:
        Grant.objects.filter(pk=grant.pk).update(outstanding=tokens.outstand(grant))
    return bool(won)
