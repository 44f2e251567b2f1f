"""The pages of the dashboard. Each module here is one subject: its `urlpatterns`, and where it has one its `entry` in
the menu. A new page is a new file: nothing else needs to know of it. See docs/how-to/add-a-page.md.
"""

import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType

from django.urls import URLPattern


@dataclass(frozen=True)
class Entry:
    """A line in the menu: its words, the name of its address, its place (lowest first), and names that belong to it."""

    words: str
    name: str
    place: int
    also: tuple[str, ...] = ()


@cache
def modules() -> tuple[ModuleType, ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(import_module(f"{__name__}.{name}") for name in names)


def urlpatterns() -> list[URLPattern]:
    return [pattern for module in modules() for pattern in getattr(module, "urlpatterns", [])]


@cache
def menu() -> list[Entry]:
    found = [module.entry for module in modules() if hasattr(module, "entry")]
    return sorted(found, key=lambda entry: (entry.place, entry.words))
