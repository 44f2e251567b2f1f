"""Where allauth's pages meet accounts: what they save, end and log goes through the heart, by name."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from accounts import credentials, events, notices, people, second_factors, visitors
from accounts.models import User
from dashboard import browsers, mails

log = logging.getLogger(__name__)

# The epoch that a sign-in began under. Between the password and the last step (an e-mail to confirm, a code) the user
# is read anew; a revocation in between must end the sign-in too.
SIGN_IN_EPOCH = "sign_in_epoch"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def get_client_ip(self, request: HttpRequest) -> str:
        """For allauth's rate limits. Behind a socket without addresses, all visitors share one limit."""
        return visitors.of(request).ip_address or "0.0.0.0"  # noqa: S104  # a label, nothing listens

    def is_safe_url(self, url: str) -> bool:
        """What is no URL is no place to go to."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def clean_email(self, email: str) -> str:
        """Held to what the column holds: PostgreSQL refuses what SQLite would cut or keep."""
        User._meta.get_field("email").run_validators(email)
        return str(super().clean_email(email))

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        super().save_user(request, user, form, commit=False)
        if commit:
            name = form.cleaned_data.get("organisation", "")
            is_invited = self.is_email_verified(request, user.email)
            people.sign_up(user, organisation_name=name, is_invited=is_invited, visitor=visitors.of(request))
        return user

    def get_login_stages(self) -> list[str]:
        ours = {"allauth.mfa.stages.AuthenticateStage": "dashboard.second_factors.AuthenticateStage"}
        return [ours.get(path, path) for path in super().get_login_stages()]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whoever has just signed in has just shown who they are."""
        return not self.request.session.proved_lately

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        browsers.remember(request, response, user)
        return response

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: Any, signup: bool) -> None:
        """To nobody, where whoever asked for it has been ended since: a new address must not outlive that."""
        address = emailconfirmation.email_address
        if request.user.is_authenticated:
            credentials.check_new_address(request.user, address)
        super().send_confirmation_mail(request, emailconfirmation, signup)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Every change that allauth would tell of is on record too."""
        change = template_prefix.rpartition("/")[2]
        if change in second_factors.CHANGES:
            second_factors.changed(change, user, keep=self.request.session.row, visitor=visitors.of(self.request))
            self.request.session.cycle_key()  # as with a new password: a copy of the cookie is another browser
        elif change == "email_changed":
            events.record(events.Kind.EMAIL_CHANGED, user=user, by=user, visitor=visitors.of(self.request))
        about = {key: value for key, value in (context or {}).items() if isinstance(value, str)}
        notices.tell_of_change(user, change, visitors.of(self.request), address=email or "", **about)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        request.session[SIGN_IN_EPOCH] = user.epoch
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def login(self, request: HttpRequest, user: User) -> None:
        if request.session.pop(SIGN_IN_EPOCH, None) != user.epoch:
            raise ImmediateHttpResponse(_start_over(request, "account_login"))
        super().login(request, user)
        self._tell_of_what_is_new(request, user)
        events.record(events.Kind.SIGNED_IN, user=user, by=user, visitor=visitors.of(request))

    def _tell_of_what_is_new(self, request: HttpRequest, user: User) -> None:
        """By mail, of a browser or a country that this account has not been seen in; not of its very first sign-in."""
        visitor = visitors.of(request)
        before = user.security_events.filter(kind=events.Kind.SIGNED_IN).values_list("ip_address", flat=True)[:100]
        seen = {visitors.country(address) for address in before}
        country = visitors.country(visitor.ip_address)
        if before and country and country not in seen:
            notices.tell_of_sign_in(user, visitor, news=f"from {country}, for the first time")
        elif before and not browsers.is_known(request, user):
            notices.tell_of_sign_in(user, visitor, news="in a browser we have not seen before")

    def logout(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            events.record(events.Kind.SIGNED_OUT, user=request.user, by=request.user, visitor=visitors.of(request))
        super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        email = User.objects.normalize_email(credentials.get("email") or "")
        user = User.objects.filter(email=email).first()
        # What was typed is not kept: people type passwords into the wrong field.
        events.record(events.Kind.SIGN_IN_FAILED, user=user, visitor=visitors.of(request))

    def set_password(self, user: User, password: str) -> None:
        """For a change, where this browser stays signed in, and for a reset, where nobody does."""
        request = self.request
        is_theirs = request.user.is_authenticated and request.user.pk == user.pk
        keep = request.session.row if is_theirs else None
        try:
            credentials.change_password(
                user, password, by=user if is_theirs else None, keep=keep, visitor=visitors.of(request)
            )
        except credentials.ChangedMeanwhile:
            raise ImmediateHttpResponse(_start_over(request, "account_reset_password")) from None

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In our words. Where the mail server does not take it, what was asked for stands and the answer says so."""
        name = template_prefix.rpartition("/")[2]
        try:
            mails.letter(name, email, context).send(email)
        except OSError as error:  # smtplib's errors are among them
            log.error("Not mailed to %s: %s. %s: %s", email, name, type(error).__name__, error)
            # allauth would hold the link back for three minutes, in the belief that one is on its way.
            ratelimit.clear(self.request, action="confirm_email", key=email.lower())
            raise ImmediateHttpResponse(_not_sent(self.request, name)) from None

    def get_reset_password_from_key_url(self, key: str) -> str:
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.ISSUER + path.replace("UID-KEY", key)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return settings.ISSUER + reverse("account_confirm_email", args=[emailconfirmation.key])


def _not_sent(request: HttpRequest, name: str) -> HttpResponse:
    """The same for an address that has an account and one that has none."""
    is_reset = name in {"password_reset_key", "unknown_account"}
    context = {"is_reset": is_reset, "is_change": request.user.is_authenticated and not is_reset}
    return render(request, "account/mail_not_sent.html", context, status=503)


def _start_over(request: HttpRequest, name: str) -> HttpResponse:
    messages.error(request, "This account was secured in the meantime. Please start over.")
    return HttpResponseRedirect(reverse(name))
