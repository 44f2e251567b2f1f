"""Where allauth's second factors meet accounts: secrets encrypted, codes spent once, trusted browsers forgotten."""

import base64
import json
import logging
import secrets
import struct
from typing import Any

from allauth.core import context
from allauth.mfa import stages
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts import crypto, events, second_factors, visitors
from dashboard import browsers

log = logging.getLogger(__name__)


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """A secret that nobody knows, where no key of ours opens the one that was kept: no code matches it."""
        try:
            return crypto.decrypt(encrypted_text)
        except InvalidToken:
            log.error("None of KEY_ENCRYPTION_KEYS opens the second factor of somebody who tries to use it.")
            return base64.b32encode(secrets.token_bytes(40)).decode()

    def get_totp_issuer(self) -> str:
        return "Portcullis"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The host is one of ALLOWED_HOSTS: Django has refused any other."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Portcullis"}

    def is_mfa_enabled(self, user: Any, types: Any = None) -> bool:
        """allauth asks this of each kind of factor, and on some pages twice: whoever only looks is asked once.

        Nobody comes to the second step without one, so there it is asked when the step is taken: by POST.
        """
        if getattr(context.request, "method", "") not in {"GET", "HEAD"} or user.is_anonymous:
            return bool(super().is_mfa_enabled(user, types))
        if hasattr(context.request, "_login_stage"):
            return True
        if not hasattr(user, "_kinds_of_factors"):
            user._kinds_of_factors = set(Authenticator.objects.filter(user=user.pk).values_list("type", flat=True))
        kinds: set[str] = user._kinds_of_factors
        return bool(kinds if types is None else kinds.intersection(types))

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return "Passkey" if number == 1 else f"Passkey {number}"


class _SpentOnce:
    """A code from an authenticator app works once, on every worker, with Redis or without."""

    user: Any
    authenticator: Any

    def clean_code(self) -> str:
        code = str(super().clean_code())  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP and not second_factors.spend(self.user):
            raise get_adapter().validation_error("incorrect_code")
        return code

    def _emit_authentication_failed(self, authenticator: Any) -> None:
        super()._emit_authentication_failed(authenticator)  # type: ignore[misc]
        visitor = visitors.of(context.request)
        events.record(events.Kind.SIGN_IN_FAILED, user=self.user, visitor=visitor, what="Wrong code")


class AuthenticateForm(_SpentOnce, forms.AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""


class ReauthenticateForm(_SpentOnce, forms.ReauthenticateForm):  # type: ignore[misc]
    """A code asked for again, before something sensitive."""


class ActivateForm(ActivateTOTPForm):  # type: ignore[misc]
    def clean_code(self) -> str:
        """The code that shows that the app is set up is spent by that."""
        code = str(super().clean_code())
        second_factors.spend(self.user)
        return code


class _Decoder(json.JSONDecoder):
    def decode(self, text: str) -> Any:  # type: ignore[override]
        """Of numbers without end and lists in lists without end, which are JSON, Django's field expects no error."""
        try:
            return super().decode(text)
        except (ValueError, RecursionError):
            raise json.JSONDecodeError("Not to be read", text[:100], 0) from None


class _Read:
    """What a browser says of a passkey is JSON of anybody's making, and what reads it raises whatever it comes to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"].decoder = _Decoder  # type: ignore[attr-defined]

    def full_clean(self) -> None:
        try:
            super().full_clean()  # type: ignore[misc]
        except (ValueError, LookupError, TypeError, AttributeError, struct.error):
            self.add_error("credential", get_adapter().validation_error("incorrect_code"))  # type: ignore[attr-defined]


class AddPasskeyForm(_Read, AddWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["passwordless"]
        field.label, field.initial = "Sign in with it alone, without the password", True
        field.help_text = "The device makes sure that it is you. Without this it is a second step after the password."


class SignInByPasskeyForm(_Read, LoginWebAuthnForm):  # type: ignore[misc]
    """With nothing but the passkey."""

    def clean_credential(self) -> Authenticator:
        passkey = super().clean_credential()
        if not second_factors.signs_in_alone(passkey):
            raise ValidationError(
                "This passkey is older than the day your account was secured. Sign in with your password, and it is "
                "the second step. To sign in with it alone, remove it there and add it again."
            )
        return passkey


class AuthenticateByPasskeyForm(_Read, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """As the second step of signing in."""


class ReauthenticateByPasskeyForm(_Read, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """Asked for again, before something sensitive."""


class AuthenticateStage(stages.AuthenticateStage):  # type: ignore[misc]
    def _should_handle(self, request: HttpRequest) -> bool:
        """A trusted browser is one that signed in under the user's present epoch: every revocation forgets it."""
        if self.login.user and not browsers.is_of_this_epoch(request, self.login.user):
            request.COOKIES.pop(settings.MFA_TRUST_COOKIE_NAME, None)
        return bool(super()._should_handle(request))

    def is_resumable(self, request: HttpRequest) -> bool:
        """Whoever lost their last factor since the password has nothing to take this step with: they begin anew."""
        return second_factors.has_one(self.login.user)
