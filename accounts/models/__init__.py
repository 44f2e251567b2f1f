"""Every table of the house. Only accounts writes to them; the faces read."""

from accounts.models.assertions import UsedAssertion
from accounts.models.credentials import ClientSecret, Grant, Integration, Session
from accounts.models.devices import DeviceRequest
from accounts.models.events import SecurityEvent
from accounts.models.idempotency import IdempotentAnswer
from accounts.models.invitations import Invitation
from accounts.models.keys import SigningKey
from accounts.models.late_tries import LateTry
from accounts.models.notices import Notice
from accounts.models.people import Membership, Organisation, User
from accounts.models.revocations import Cause, Revocation, RevocationEntry, Worker
from accounts.models.scopes import SCOPES
from accounts.models.second_factors import SpentStep
from accounts.models.usage import UsageDay

__all__ = [
    "SCOPES",
    "Cause",
    "ClientSecret",
    "DeviceRequest",
    "Grant",
    "IdempotentAnswer",
    "Integration",
    "Invitation",
    "LateTry",
    "Membership",
    "Notice",
    "Organisation",
    "Revocation",
    "RevocationEntry",
    "SecurityEvent",
    "Session",
    "SigningKey",
    "SpentStep",
    "UsageDay",
    "UsedAssertion",
    "User",
    "Worker",
]
