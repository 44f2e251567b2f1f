"""People, tenants, and who belongs where. A user's epoch is what every credential of theirs is born under."""

import uuid
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import names

# Each of these ends or revives credentials, so save() writes one only when this very object was given a new value:
# a form or a request that read the user before a revocation must not put the old value back after it.
GUARDED = frozenset({"compromised_at", "epoch", "is_active", "password"})
_UNKNOWN = object()


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """For whoever has a shell on the server. They vouch for the address: it counts as verified."""
        user = self.create_user(email, password, is_staff=True, is_superuser=True, **extra)
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
        return user

    def bulk_create(self, *args: Any, **kwargs: Any) -> "list[User]":
        made = super().bulk_create(*args, **kwargs)
        for user in made:
            user._remember_guarded(GUARDED)
        return made

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Lower case throughout: no mail service of today tells Alice@ from alice@, and an attacker might."""
        return super().normalize_email(email).lower()

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=self.normalize_email(username))


class User(AbstractBaseUser, PermissionsMixin):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(
        default=True, help_text="Nobody back in until reactivated. Reactivation revives nothing."
    )
    is_staff = models.BooleanField(default=False, help_text="May use this admin.")
    epoch = models.PositiveBigIntegerField(
        default=1, editable=False, help_text="Sessions and tokens carry it; raised, it ends them all."
    )
    hash_upgrades = models.PositiveIntegerField(
        default=0, editable=False, help_text="Rises when the hash of the same password changes, which ends nothing."
    )
    compromised_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When the account was last declared compromised. A passkey of before signs nobody in by itself.",
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    # The session that let this very object in, where one did (accounts.sessions).
    acting_in: ClassVar[Any] = None
    # The guarded fields as the database had them, as far as this object knows.
    _loaded: ClassVar[dict[str, Any]] = {}

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique_in_any_case")]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        names.validate(self.name)
        self.email = type(self).objects.normalize_email(self.email)

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> "User":
        user = super().from_db(*args, **kwargs)
        user._remember_guarded(GUARDED)
        return user

    def refresh_from_db(
        self,
        using: str | None = None,
        fields: Iterable[str] | None = None,
        from_queryset: "models.QuerySet[User] | None" = None,
    ) -> None:
        read = None if fields is None else list(fields)
        super().refresh_from_db(using, read, from_queryset)
        self._remember_guarded(GUARDED if read is None else read)

    def save(self, *, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Saves as Django does, but of the guarded fields only what was set on this object.

        A password or a deactivation set here ends what was let in before: the database raises the epoch with it.
        """
        if self._state.adding:
            super().save(update_fields=update_fields, **kwargs)
            self._remember_guarded(GUARDED)
            return
        changed = {name for name, value in self._guarded().items() if self._loaded.get(name, _UNKNOWN) != value}
        columns = self._columns() if update_fields is None else set(update_fields)
        columns -= GUARDED - changed
        super().save(update_fields=columns, **kwargs)
        self._remember_guarded(columns)
        if changed & columns:
            self.refresh_from_db(fields=["epoch"])

    def _columns(self) -> set[str]:
        """All that were read or set."""
        deferred = self.get_deferred_fields()
        return {one.name for one in self._meta.concrete_fields if not one.primary_key and one.attname not in deferred}

    def _guarded(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in GUARDED if name in self.__dict__}

    def _remember_guarded(self, read: Iterable[str]) -> None:
        known = {name: value for name, value in self._guarded().items() if name in set(read)}
        self._loaded = {**self._loaded, **known}  # type: ignore[misc]

    def check_password(self, raw_password: str | None) -> bool:
        """Upgrades the hash, as Django's does, but only the very hash that was checked.

        Django's own setter saves the new hash whatever is there by now; in flight during a revocation it would
        put the compromised password back.
        """

        def upgrade(raw: str) -> None:
            checked = self.password
            self.set_password(raw)
            self._password = None
            same = type(self).objects.filter(pk=self.pk, password=checked)
            # The count tells the database that this is the same password: any other new hash ends credentials.
            same.update(password=self.password, hash_upgrades=F("hash_upgrades") + 1)
            self._remember_guarded({"password"})

        return check_password(raw_password, self.password, upgrade)

    def get_session_auth_hash(self) -> str:
        """HMAC of the epoch, after the epoch itself.

        A raised epoch ends sessions; a password hash upgraded at sign-in does not. The epoch leads in clear (the
        value never leaves the server) so that the session's row can carry it too.
        """
        return self._session_auth_hash()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_auth_hash(secret=secret)

    def _session_auth_hash(self, secret: str | None = None) -> str:
        value = f"{self.pk}:{self.epoch}"
        mac = salted_hmac("accounts.models.User.session", value, secret=secret, algorithm="sha256")
        return f"{self.epoch}:{mac.hexdigest()}"


class Organisation(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=150)
    requires_mfa = models.BooleanField(
        "requires a second factor", default=False, help_text="Members without one set it up before anything else."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        names.validate(self.name)


class Membership(models.Model):
    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        ADMIN = "admin", "Admin"
        MEMBER = "member", "Member"

    MANAGERS = (Role.OWNER, Role.ADMIN)

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "organisation"], name="one_membership_each")]

    def __str__(self) -> str:
        return f"{self.user} in {self.organisation}: {self.get_role_display()}"

    @property
    def is_manager(self) -> bool:
        return self.role in self.MANAGERS
