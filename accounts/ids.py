"""Ids come in one spelling: what is written in another way is no id, so that nobody is known by two names."""

import uuid


def parse(text: str) -> uuid.UUID:
    """Raises ValueError."""
    value = uuid.UUID(text)
    if str(value) != text:
        raise ValueError("An id is spelled in another way than ours.")
    return value
