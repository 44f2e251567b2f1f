"""Whatever lets somebody in: sessions, integrations with their secrets, grants. What is live is said here, once."""

import functools
import uuid
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts import visitors
from accounts.models.people import Membership, Organisation, User
from accounts.models.revocations import Revocation

# `now` is a moment, or an expression for one: a statement that is compiled once has it given (accounts.statements).
# `in_time` is of the row itself and `held` of what it hangs from: conditions without joins, so that an UPDATE or a
# DELETE can say what it took, and ask about what many hang from once.


class SessionQuerySet(models.QuerySet["Session"]):
    def live(self, now: Any = None) -> "SessionQuerySet":
        return self.filter(self.held(), self.in_time(now or timezone.now()))

    @staticmethod
    def in_time(now: Any) -> Q:
        """Not run out."""
        return Q(expire_date__gt=now)

    @staticmethod
    def held() -> Q:
        """Signed in, and born under the present epoch of a user who may come in."""
        return Q(Exists(User.objects.filter(pk=OuterRef("user"), is_active=True, epoch=OuterRef("epoch"))))


class Session(models.Model):
    """One browser. Written by accounts.sessions alone, which says how long it lasts."""

    key_hash = models.CharField(primary_key=True, max_length=64, editable=False)
    # What pages and logs call it by: of no use to whoever reads it.
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    epoch = models.PositiveBigIntegerField(null=True)
    session_data = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    expire_date = models.DateTimeField(db_index=True)
    remembered = models.BooleanField(default=False)
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    method = models.CharField(max_length=30, blank=True, help_text="How it signed in.")
    streams = models.PositiveIntegerField(
        default=0, help_text="Open pages that hold a stream. A worker that is killed leaves its own in the count."
    )

    objects = SessionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user or 'nobody'} since {self.created_at:%Y-%m-%d %H:%M} UTC"

    @property
    def device(self) -> str:
        return visitors.device(self.user_agent)

    @property
    def device_kind(self) -> str:
        return visitors.device_kind(self.user_agent)

    @property
    def place(self) -> str:
        return visitors.place(self.ip_address)


class IntegrationQuerySet(models.QuerySet["Integration"]):
    def live(self) -> "IntegrationQuerySet":
        return self.filter(disabled_at=None)


class Integration(models.Model):
    """A third party's OAuth client. Its id is the `client_id`."""

    class GrantType(models.TextChoices):
        AUTHORIZATION_CODE = "authorization_code", "On behalf of a person (authorization code)"
        CLIENT_CREDENTIALS = "client_credentials", "On its own behalf (client credentials)"
        REFRESH_TOKEN = "refresh_token", "Stay connected (refresh token)"
        DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code", "From a device without a browser (device code)"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="integrations")
    name = models.CharField(max_length=100)
    is_confidential = models.BooleanField(
        default=True, help_text="Has secrets. A public one proves itself by PKCE alone."
    )
    grant_types = models.JSONField(default=list)
    scopes = models.JSONField(default=list)
    redirect_uris = models.JSONField(default=list)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    disabled_at = models.DateTimeField(null=True, editable=False)

    objects = IntegrationQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class ClientSecretQuerySet(models.QuerySet["ClientSecret"]):
    def live(self) -> "ClientSecretQuerySet":
        return self.filter(self.held(), ended_at=None)

    @staticmethod
    def held() -> Q:
        """Whoever created it may still come in, and the integration is enabled."""
        creator = User.objects.filter(pk=OuterRef("created_by"), is_active=True)
        return Q(Exists(creator), Exists(Integration.objects.live().filter(pk=OuterRef("integration"))))


class ClientSecret(models.Model):
    """What a confidential integration authenticates with. Two may be live, so that one can be rotated."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="secrets")
    # Whoever created it has seen it: it ends with them.
    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="client_secrets")
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, help_text="Its last characters, to tell two apart.")
    # A key instead of a secret: the client signs with the private half, which we never see (accounts.assertions).
    public_jwk = models.JSONField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="Noted once a minute at most.")
    ended_at = models.DateTimeField(null=True, editable=False)
    revocation = models.ForeignKey(Revocation, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = ClientSecretQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"…{self.hint}"

    @property
    def kind(self) -> str:
        """Such as "client secret", or "ES256 key"."""
        return f"{self.public_jwk['alg']} key" if self.public_jwk else "client secret"


class GrantQuerySet(models.QuerySet["Grant"]):
    def live(self, now: Any = None) -> "GrantQuerySet":
        """The one rule by which any token or code of it is believed."""
        return self.filter(self.held(), self.in_time(now or timezone.now()), ended_at=None)

    @staticmethod
    def in_time(now: Any) -> Q:
        """Not run out, nor blacklisted, by simplejwt's own means."""
        return Q(~Exists(BlacklistedToken.objects.filter(token=OuterRef("outstanding"))), expires_at__gt=now)

    @staticmethod
    @functools.cache  # built by a dozen calls, and always the same
    def held() -> Q:
        """Nothing that it hangs from has ended."""
        user = User.objects.filter(pk=OuterRef("user"), is_active=True, epoch=OuterRef("epoch"))
        is_member = Exists(Membership.objects.filter(user=OuterRef("user"), organisation=OuterRef("organisation")))
        secret = ClientSecret.objects.filter(pk=OuterRef("client_secret"), ended_at=None, created_by__is_active=True)
        integration = Integration.objects.live().filter(pk=OuterRef("integration"))
        return Q(
            Q(user=None) | Q(Exists(user), is_member),
            Q(client_secret=None) | Q(Exists(secret)),
            Exists(integration),
        )

    def codes(self) -> "GrantQuerySet":
        """Agreed to, and the code not yet exchanged for tokens."""
        return self.filter(redeemed_at=None)

    def connected(self) -> "GrantQuerySet":
        """Tokens were issued."""
        return self.exclude(redeemed_at=None)


class Grant(models.Model):
    """Standing permission for one integration: the family that its code and all its tokens hang from.

    Before `redeemed_at` it is an authorization code, and `expires_at` is the code's end; after, the absolute end.
    Without a user it is the integration's own, minted from one client secret.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="grants")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="grants")
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="grants")
    client_secret = models.OneToOneField(ClientSecret, null=True, on_delete=models.CASCADE, related_name="grant")
    scopes = models.JSONField(default=list)
    epoch = models.PositiveBigIntegerField(default=0, help_text="The user's when they agreed; never refreshed.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    redeemed_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    revocation = models.ForeignKey(
        # Ended grants are many, and are ended in bulk. No index: they are not looked for by what ended them. And no
        # constraint: to hold each against the one row that the same transaction writes took an eighth of its time.
        Revocation,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    code_hash = models.CharField(max_length=64, null=True, editable=False)
    code_challenge = models.CharField(max_length=43, blank=True, editable=False)
    redirect_uri = models.CharField(max_length=2000, blank=True, editable=False)

    refresh_hash = models.CharField(max_length=64, blank=True, editable=False)
    refresh_kid = models.CharField(max_length=43, blank=True, editable=False, help_text="What signed the current one.")
    replaced_hash = models.CharField(max_length=64, blank=True, editable=False)
    replaced_at = models.DateTimeField(null=True, editable=False)
    # The answer to the token just replaced, encrypted under a key that only that token holds.
    replay = models.TextField(blank=True, editable=False)

    outstanding = models.OneToOneField(
        OutstandingToken, null=True, on_delete=models.SET_NULL, related_name="grant", editable=False
    )

    objects = GrantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="grant_by_end")]
        # Not `unique=True`, with which Django adds a second index, for LIKE, that nobody asks.
        constraints = [models.UniqueConstraint(fields=["code_hash"], name="grant_by_code")]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # When it was read or made: what is minted from it lives no longer than from then on.
        self.seen_at = timezone.now()

    def __str__(self) -> str:
        return f"{self.integration} for {self.user or self.organisation}"
