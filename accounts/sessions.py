"""The session engine, and the only door to the session store.

A session's row knows its user, so one joined query brings both; it is found by the hash of the cookie's key, so a
copy of the database opens no session. It is never cached: an ended session is a row that is gone. It refuses to bring
an ended session back, whoever was in flight: a request of before that saves late fills Django's `cache` and `cached_db`
again, and inserts the deleted row of django-user-sessions and django-qsessions anew.
"""

import time
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import IntegrityError, transaction
from django.db.models import Count, F, Max, OuterRef, Subquery
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import batches, crypto, session_rows, visitors
from accounts.models import Session, User

SEEN_EVERY = timedelta(minutes=1)  # how often a visit is written down
WAYS = {
    "totp": "app code",
    "webauthn": "passkey",
    "recovery_codes": "recovery code",
    "password_reset": "password reset",
}
SIGN_IN_RECORDS_OF = "account_authentication_methods_user"
SIGN_IN_RECORDS = "account_authentication_methods"  # where allauth notes how somebody signed in


class SessionStore(SessionBase):
    _get_session: Any  # Django's own; its types leave them out
    _get_new_session_key: Any

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self.row: Session | None = None
        self.visitor = visitors.NOBODY

    @property
    def user(self) -> User | None:
        """Whoever is signed in, read together with the session."""
        self._get_session()
        user = self.row.user if self.row else None
        if user is not None:
            user.acting_in = self.row  # type: ignore[misc]
        return user

    @property
    def has_second_factor(self) -> bool:
        """Whether whoever is signed in has set one up. Read with the session; a new one knows on its next request."""
        self._get_session()
        return bool(getattr(self.row, "has_second_factor", True))

    @property
    def lacks_second_factor(self) -> bool:
        """Whether an organisation of theirs requires one, and there is none."""
        return bool(getattr(self.row, "needs_second_factor", False)) and not self.has_second_factor

    @property
    def proved_lately(self) -> bool:
        """Whether its user has signed in, or shown again who they are, within ACCOUNT_REAUTHENTICATION_TIMEOUT."""
        records = self.get(SIGN_IN_RECORDS) or []
        is_theirs = self.user is not None and self.get(SIGN_IN_RECORDS_OF) == str(self.user.pk)
        return bool(
            is_theirs and records and time.time() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        )

    def load(self) -> dict[str, Any]:
        """The session's data, and with it `user`: one query. A dead session is an unknown one: {}."""
        self.row = self._live_row()
        if self.row is None:
            self._session_key = None
            return {}
        return self._decoded

    def _live_row(self) -> Session | None:
        now = timezone.now()
        row = session_rows.find(_hash(self.session_key))
        if row is None or row.expire_date <= now:
            return None
        self._decoded = self.decode(row.session_data)
        return row if row.user is None or _lets_in(row, row.user, self._decoded, now) else None

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(key_hash=_hash(session_key)).exists()

    def create(self) -> None:
        while True:
            self._session_key = self._get_new_session_key()
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Inserts with `must_create`; otherwise updates, and raises UpdateError when the session has been ended."""
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)
        if must_create:
            self._insert(data)
        else:
            self._update(data)

    def _insert(self, data: dict[str, Any]) -> None:
        row = Session(key_hash=_hash(self.session_key), created_at=timezone.now())
        for name, value in self._columns(data, row).items():
            setattr(row, name, value)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            if not self.exists(str(self.session_key)):
                raise  # not for its key: another one would do no better, for ever
            raise CreateError from error
        self.row = row

    def _update(self, data: dict[str, Any]) -> None:
        row = self.row or Session(created_at=timezone.now())
        values = self._columns(data, row)
        if not Session.objects.filter(key_hash=_hash(self.session_key)).update(**values):
            raise UpdateError
        for name, value in values.items():
            setattr(row, name, value)

    def _columns(self, data: dict[str, Any], row: Session) -> dict[str, Any]:
        """What the row says for this data. Who signs in starts a new day: `created_at` moves then, and then only."""
        now = timezone.now()
        user_id = User._meta.pk.to_python(data[SESSION_KEY]) if SESSION_KEY in data else None
        created_at = row.created_at if row.user_id == user_id else now
        wished = bool(data.get("_session_expiry")) and self.get_expiry_age() > settings.SESSION_COOKIE_AGE
        remembered = wished and not (user_id and User.objects.filter(pk=user_id, is_staff=True).exists())
        return {
            "session_data": self.encode(data),
            "user_id": user_id,
            "epoch": int(data[HASH_SESSION_KEY].split(":")[0]) if user_id else None,
            "created_at": created_at,
            "last_seen_at": now,
            "remembered": remembered,
            "expire_date": self._end(created_at, now, remembered=remembered),
            "ip_address": self.visitor.ip_address,
            "user_agent": self.visitor.user_agent,
            "method": _how(data.get(SIGN_IN_RECORDS) or []),
        }

    def _end(self, created_at: datetime, seen_at: datetime, *, remembered: bool) -> datetime:
        """As for every session, or sooner where this one was given less."""
        return min(_end(created_at, seen_at, remembered=remembered), self.get_expiry_date())

    def touch(self) -> None:
        """Notes that the browser was here, at most once a minute. Never brings anything back."""
        now = timezone.now()
        if self.row is None or now - self.row.last_seen_at < SEEN_EVERY:
            return
        Session.objects.filter(pk=self.row.pk).update(
            last_seen_at=now,
            expire_date=self._end(self.row.created_at, now, remembered=self.row.remembered),
            ip_address=self.visitor.ip_address,
            user_agent=self.visitor.user_agent,
        )

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(key_hash=_hash(key)).delete()
        if session_key is None:
            self.row = None

    def cycle_key(self) -> None:
        """A new key for the same row. Django's copies the row first, which would bring an ended session back."""
        data = self._get_session()
        if self.session_key is None:
            self.create()
            self._session_cache = data
            return
        new_key = self._get_new_session_key()
        if not Session.objects.filter(key_hash=_hash(self.session_key)).update(key_hash=_hash(new_key)):
            raise SessionInterrupted("The session was ended before the request completed.")
        self._session_key = new_key
        if self.row is not None:
            self.row.key_hash = _hash(new_key)
        self.modified = True

    @classmethod
    def clear_expired(cls) -> None:
        """For `manage.py purge`."""
        batches.delete(Session.objects.filter(expire_date__lt=timezone.now()))


def pulse(session_key: str) -> str | None:
    """None when the session has ended, else a mark that changes when one of its user's sessions comes or goes.

    One statement. It lets nobody in and counts as no visit: it is for pages that ask whether they may still be shown.
    """
    theirs = Session.objects.live().filter(user=OuterRef("user")).order_by().values("user")
    count, newest = theirs.annotate(n=Count("pk")).values("n"), theirs.annotate(n=Max("created_at")).values("n")
    rows = Session.objects.live().filter(key_hash=_hash(session_key))
    found = rows.values_list(Subquery(count), Subquery(newest)).first()
    return f"{found[0]} {found[1].timestamp()}" if found else None


def hold_stream(session_key: str) -> uuid.UUID | None:
    """Notes that a page holds a stream of this session open. No visit, and nothing for a session that has ended.

    Returns the session's name, for `release_stream`: its key may change while the page is open.
    """
    name = Session.objects.filter(key_hash=_hash(session_key)).values_list("public_id", flat=True).first()
    if name is not None:
        Session.objects.filter(public_id=name).update(streams=F("streams") + 1)
    return name


def release_stream(name: uuid.UUID | None) -> None:
    """That page is gone. Never below none, and an ended session stays ended."""
    if name is not None:
        Session.objects.filter(public_id=name, streams__gt=0).update(streams=F("streams") - 1)


def _how(records: list[dict[str, Any]]) -> str:
    """Such as "password and app code"; what was asked again later is no part of it."""
    steps = [record for record in records if not record.get("reauthenticated")]
    names = [WAYS.get(record.get("type") or record.get("method", ""), record.get("method", "")) for record in steps]
    return " and ".join(dict.fromkeys(filter(None, names)))[:30]


def _hash(session_key: str | None) -> str:
    return crypto.digest(session_key or "")


def _lets_in(row: Session, user: User, data: dict[str, Any], now: datetime) -> bool:
    """Whether this row still opens the door for its user: active, of their epoch, and neither idle nor old."""
    known = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return (
        user.is_active
        and data.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and any(constant_time_compare(data.get(HASH_SESSION_KEY, ""), hash_) for hash_ in known)
        # Staff are never remembered: whoever became it since they signed in no longer is.
        and now < _end(row.created_at, row.last_seen_at, remembered=row.remembered and not user.is_staff)
    )


def _end(created_at: datetime, seen_at: datetime, *, remembered: bool) -> datetime:
    """The sooner of the idle and the absolute end (NIST SP 800-63B-4, 2.2.3)."""
    idle = settings.SESSION_REMEMBERED_IDLE_AGE if remembered else settings.SESSION_IDLE_AGE
    lifetime = settings.SESSION_REMEMBERED_AGE if remembered else settings.SESSION_COOKIE_AGE
    return min(seen_at + timedelta(seconds=idle), created_at + timedelta(seconds=lifetime))
