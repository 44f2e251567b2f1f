"""The security log: what happened, to whom, by whom, from where. Rows are added and never changed."""

import uuid

from django.db import models
from django.utils import timezone

from accounts import visitors
from accounts.models.credentials import Integration
from accounts.models.people import Membership, Organisation, User


class SecurityEventQuerySet(models.QuerySet["SecurityEvent"]):
    def seen_by(self, user: User) -> "SecurityEventQuerySet":
        """What concerns them, and what concerns the organisations that they look after: also that somebody there was
        revoked as a whole, which is no organisation's own."""
        managed = user.memberships.filter(role__in=Membership.MANAGERS).values("organisation")
        theirs = Membership.objects.filter(organisation__in=managed).values("user")
        ended = models.Q(organisation=None, kind=SecurityEvent.Kind.REVOKED, user__in=theirs)
        return self.filter(models.Q(user=user) | models.Q(organisation__in=managed) | ended)


class SecurityEvent(models.Model):
    class Kind(models.TextChoices):
        SIGNED_UP = "signed_up", "Signed up"
        SIGNED_IN = "signed_in", "Signed in"
        SIGN_IN_FAILED = "sign_in_failed", "Sign-in failed"
        SIGNED_OUT = "signed_out", "Signed out"
        PASSWORD_CHANGED = "password_changed", "Password changed"
        PASSWORD_RESET = "password_reset", "Password reset"
        REACTIVATED = "reactivated", "Account reactivated"
        APP_CONNECTED = "app_connected", "App connected"
        REFRESH_REUSED = "refresh_reused", "Refresh token used twice"
        CODE_REUSED = "code_reused", "Authorization code used twice"
        INTEGRATION_CREATED = "integration_created", "Integration created"
        INTEGRATION_CHANGED = "integration_changed", "Integration changed"
        SECRET_CREATED = "secret_created", "Client secret created"
        REVOKED = "revoked", "Access revoked"
        TRIED_AGAIN = "tried_again", "Ended credential tried again"
        MEMBER_INVITED = "member_invited", "Member invited"
        INVITATION_WITHDRAWN = "invitation_withdrawn", "Invitation withdrawn"
        MEMBER_JOINED = "member_joined", "Member joined"
        MEMBER_REMOVED = "member_removed", "Member removed"
        ROLE_CHANGED = "role_changed", "Role changed"
        SECOND_FACTOR_ADDED = "second_factor_added", "Second factor added"
        SECOND_FACTOR_REMOVED = "second_factor_removed", "Second factor removed"
        RECOVERY_CODES_RENEWED = "recovery_codes_renewed", "Recovery codes renewed"
        MFA_REQUIRED = "mfa_required", "Second factor required of members"
        MFA_NOT_REQUIRED = "mfa_not_required", "Second factor no longer required"
        EMAIL_CHANGED = "email_changed", "E-mail address changed"
        NOT_ME = "not_me", "Reported as not their own doing"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    # Whom it concerns and who did it. Their addresses are written out as well: the log outlives the rows.
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="security_events")
    user_label = models.CharField(max_length=254, blank=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_label = models.CharField(max_length=254, blank=True)
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.SET_NULL, related_name="security_events")
    integration = models.ForeignKey(Integration, null=True, on_delete=models.SET_NULL, related_name="+")
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict)

    objects = SecurityEventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["user", "-at"], name="event_by_user"),
            models.Index(fields=["organisation", "-at"], name="event_by_organisation"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.user_label or self.organisation}"

    @property
    def what(self) -> str:
        """The one detail that a line of the log has room for."""
        return str(self.details.get("what") or self.details.get("cause_label") or self.details.get("role") or "")

    @property
    def device(self) -> str:
        return visitors.device(self.user_agent)

    @property
    def place(self) -> str:
        return visitors.place(self.ip_address)
