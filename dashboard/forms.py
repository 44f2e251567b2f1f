"""What people fill in. A form checks shapes and speaks in words; the rules are accounts'."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm, ResetPasswordForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.core import context
from django import forms
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse

from accounts import names, people
from accounts.models import SCOPES, Integration, Membership, Organisation, SecurityEvent, User


class SignUpForm(AllauthSignupForm):  # type: ignore[misc]
    organisation = forms.CharField(
        max_length=150,
        required=False,
        label="Organisation",
        help_text="You can rename it later. Optional.",
        validators=[names.validate],
    )

    def clean_email(self) -> str:
        """An invitation vouches for its own address. Another one has to be confirmed like everybody's: allauth would
        quietly take the invited one instead."""
        email = str(super().clean_email())
        if not get_adapter().is_email_verified(context.request, email):
            get_adapter().unstash_verified_email(context.request)
        return email

    def clean(self) -> dict[str, Any]:
        """Takes as long where the address has an account as where it has none: allauth hashes the password then."""
        cleaned: dict[str, Any] = super().clean()
        if self.account_already_exists:
            make_password(cleaned.get("password1"))
        return cleaned


class SignInForm(LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = settings.SESSION_REMEMBERED_AGE // 86_400
        self.fields["remember"].label = f"Stay signed in for {days} day{'' if days == 1 else 's'} on this browser"

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Remembers the browser when asked to. Staff never are: the session engine sees to it."""
        response: HttpResponse = super().login(request, redirect_url=redirect_url)
        request.session.set_expiry(settings.SESSION_REMEMBERED_AGE if self.cleaned_data.get("remember") else 0)
        return response


class ResetForm(ResetPasswordForm):  # type: ignore[misc]
    """The way back goes to an address that has been shown to be theirs. allauth would mail it to one that somebody has
    typed in and nobody has confirmed: a slip of the pen would give the account away."""

    def clean_email(self) -> str:
        email = str(super().clean_email())
        self.users: list[User] = [user for user in self.users if people.is_theirs(user, email)]
        return email


class _AddressesField(forms.CharField):
    """Lines of text, as a list."""

    def clean(self, value: Any) -> Any:
        lines = super().clean(value).splitlines()
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))


class ChangeIntegrationForm(forms.Form):
    name = forms.CharField(
        max_length=100, help_text="People see it when they are asked to agree.", validators=[names.validate]
    )
    redirect_uris = _AddressesField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        label="Redirect URIs",
        help_text="One a line: https://…, http://127.0.0.1… or com.example.app:/… Compared character for character; "
        "on 127.0.0.1 and [::1] alone the port is free.",
        max_length=10_000,
    )


class IntegrationForm(ChangeIntegrationForm):
    field_order = ["name", "organisation", "is_public", "grant_types", "scopes", "redirect_uris"]
    organisation = forms.ModelChoiceField(Organisation.objects.none(), empty_label=None)
    is_public = forms.BooleanField(
        required=False,
        label="It cannot keep a secret",
        help_text="A mobile or desktop app, or a device. It proves itself by PKCE and has no client secret.",
    )
    grant_types = forms.MultipleChoiceField(
        choices=Integration.GrantType.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Integration.GrantType.AUTHORIZATION_CODE, Integration.GrantType.REFRESH_TOKEN],
        label="How it gets tokens",
    )
    scopes = forms.MultipleChoiceField(
        choices=list(SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
        initial=["profile"],
        label="What it may do",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        managed = Organisation.objects.filter(memberships__user=user, memberships__role__in=Membership.MANAGERS)
        field.queryset = managed
        field.choices = [(organisation.pk, str(organisation)) for organisation in managed]  # one statement, not three
        self.may_create = bool(field.choices)


class KeysForm(forms.Form):
    jwks = forms.CharField(
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "mono"}),
        label="Public keys",
        help_text='A JWK Set, {"keys": […]}, or one key in PEM: EC on P-256, Ed25519, or RSA from 2048 bits.',
    )


class NameForm(forms.Form):
    name = forms.CharField(
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        validators=[names.validate],
        help_text="As mails and other members see you.",
    )


class LogForm(forms.Form):
    """Narrows the log. What makes no sense is ignored rather than refused: it is only a view."""

    q = forms.CharField(max_length=100, required=False, label="Search", widget=forms.TextInput({"type": "search"}))
    kind = forms.ChoiceField(required=False, choices=[("", "Everything"), *SecurityEvent.Kind.choices], label="What")
    days = forms.ChoiceField(
        required=False,
        choices=[("", "Any time"), ("1", "Last day"), ("7", "Last 7 days"), ("30", "Last 30 days")],
        label="When",
    )


def _roles(own_role: str) -> list[tuple[str, str]]:
    """What somebody of this role may give. The rule is accounts.members'; the form offers nothing it would refuse."""
    roles = [(role.value, str(role.label)) for role in Membership.Role]
    return [role for role in roles if own_role == Membership.Role.OWNER or role[0] != Membership.Role.OWNER]


class InviteForm(forms.Form):
    email = forms.EmailField(max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}), label="E-mail")
    role = forms.ChoiceField(initial=Membership.Role.MEMBER)

    def __init__(self, *args: Any, role: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = _roles(role)


class RoleForm(forms.Form):
    role = forms.ChoiceField()

    def __init__(self, *args: Any, own_role: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = _roles(own_role)
