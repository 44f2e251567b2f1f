"""What axe finds on a page that a real browser shows: barriers for whoever does not see, or uses no mouse."""

from pathlib import Path
from typing import Any

import axe_playwright_python

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()


# Themes differ in colours alone: in the second, nothing else is looked for again.
RULES: dict[str, dict[str, Any]] = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}


def barriers(page: Any, **options: Any) -> list[str]:
    """In both themes. `options` are axe's own."""
    found = []
    page.evaluate(AXE)
    for theme, rules in RULES.items():
        # Without motion: a colour that is still changing into the other theme's would be measured half-way.
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for rule in page.evaluate("rules => axe.run(rules)", {**rules, **options})["violations"]:
            found += [f"{page.url}, {theme}: {rule['help']}: {node['html'][:200]}" for node in rule["nodes"]]
    return found
