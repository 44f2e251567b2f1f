"""What a third party may ask for, in the words that people are asked in."""

from collections.abc import Iterable

SCOPES = {
    "profile": "See who it is acting for, and in which organisation",
    "members:read": "See who is in the organisation, and in which role",
    "sessions:read": "See where the organisation's members are signed in",
    "grants:read": "See which apps are connected, by whom, and what they may do",
    "events:read": "Read the organisation's security log",
    "revocations:read": "See what was ended in the organisation, and its receipts",
    "revocations:write": "End sessions, connected apps and client secrets of the organisation",
}


def in_words(names: Iterable[str]) -> list[str]:
    """What is not offered any more by its name."""
    return [SCOPES.get(name, name) for name in names]


def changes_things(names: Iterable[str]) -> bool:
    """Whether whoever agrees to these shows again who they are."""
    return any(name.endswith(":write") for name in names)
