"""The names that people give to themselves, organisations and apps: others read them and decide by them.

Refuses what makes a name read otherwise than it is: line breaks and other controls, text that runs backwards, and
characters that are not seen. A consent page must not be able to say "Sync" and mean something else.
"""

import unicodedata

from django.core.exceptions import ValidationError

_BACKWARDS = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)), "\u200e", "\u200f", "\u061c"}
# Joiners (U+200C, U+200D) stay: Persian words and family emoji are written with them.
_UNSEEN = {"\u200b", "\u2060", "\ufeff", "\u00ad", "\ufffd"}


def validate(name: str) -> None:
    """A Django validator."""
    if any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or c in _BACKWARDS or c in _UNSEEN for c in name):
        raise ValidationError("A name is one line, of characters that can be seen.", code="not_plain")
