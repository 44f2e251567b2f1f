"""What allauth mails to whoever asked for it, in our words: why it came, the link, how long it works, and what else.

Somebody else may have typed the address in. So none of these names an account, or holds words of whoever asked.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.letters import Letter, Step


def letter(name: str, email: str, context: dict[str, Any]) -> Letter:
    """The mail that allauth calls by this name, such as "password_reset_key", to this address."""
    return LETTERS[name](email, context)


def _confirmation(email: str, context: dict[str, Any]) -> Letter:
    """Of a sign-up, now or at a later sign-in; or of a new address for an account that has one."""
    if context["user"].email != email:
        return _new_address(context["activate_url"])
    return Letter(
        subject="Confirm your e-mail address",
        opening=f"You, or somebody else, signed up at {settings.ISSUER} with this address.",
        steps=(Step("Confirm that it is yours, and you can sign in:", "Confirm address", context["activate_url"]),),
        closing="The link works once, and for three days; after that, signing in sends another. If it was not you, do "
        "nothing: nobody signs in with this address until it is confirmed.",
    )


def _new_address(url: str) -> Letter:
    return Letter(
        subject="Confirm your new e-mail address",
        opening=f"You, or somebody else, asked to change the e-mail address of an account at {settings.ISSUER} to this "
        "one.",
        steps=(Step("Confirm it, and it is what you sign in with, and where we write to:", "Confirm address", url),),
        closing="The link works once, and for three days. If it was not you, do nothing: the account keeps the address "
        "that it has, and yours is not used.",
    )


def _reset(_: str, context: dict[str, Any]) -> Letter:
    return Letter(
        subject="Choose a new password",
        opening=f"You, or somebody else, asked for a new password for your account at {settings.ISSUER}.",
        steps=(
            Step(
                "Choose it here. Every session and every connected app of before ends with that:",
                "Choose a new password",
                context["password_reset_url"],
            ),
        ),
        closing="The link works once, and for an hour. If it was not you, do nothing: your password stays as it is.",
    )


def _account_exists(_: str, __: dict[str, Any]) -> Letter:
    return Letter(
        subject="Sign in: you have an account already",
        opening=f"You, or somebody else, tried to sign up at {settings.ISSUER} with this address, which has an account "
        "already.",
        steps=(
            Step("Sign in with it:", "Sign in", settings.ISSUER + reverse("account_login")),
            Step("Where the password is forgotten, choose a new one:", "", settings.PASSWORD_RESET_URL),
        ),
        closing="These links work at any time. If it was not you, do nothing: nothing has changed, and whoever it was "
        "has not been told that there is an account.",
    )


def _unknown_account(_: str, __: dict[str, Any]) -> Letter:
    return Letter(
        subject="Sign up, or try another address",
        opening=f"You, or somebody else, asked for a new password at {settings.ISSUER}. No account has this address.",
        steps=(
            Step(
                "If you have an account, ask again with the address that you sign in with. If you have none, sign up:",
                "Sign up",
                settings.ISSUER + reverse("account_signup"),
            ),
        ),
        closing="The link works at any time. If it was not you, do nothing: nothing has changed.",
    )


LETTERS: dict[str, Callable[[str, dict[str, Any]], Letter]] = {
    "email_confirmation": _confirmation,
    "email_confirmation_signup": _confirmation,
    "password_reset_key": _reset,
    "account_already_exists": _account_exists,
    "unknown_account": _unknown_account,
}
