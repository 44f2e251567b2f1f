"""What every page of the dashboard shows around its content."""

from typing import Any

from django import template

from dashboard import pages

register = template.Library()


@register.inclusion_tag("dashboard/menu.html", takes_context=True)
def menu(context: dict[str, Any]) -> dict[str, Any]:
    """The menu, with the entry marked that the present page belongs to."""
    match = getattr(context.get("request"), "resolver_match", None)
    name = match.url_name if match else ""
    return {"entries": [(entry, name == entry.name or name in entry.also) for entry in pages.menu()]}
