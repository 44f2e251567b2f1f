"""What axe finds on a page that a real browser shows: barriers for whoever does not see, or uses no mouse."""

from pathlib import Path
from typing import Any

import axe_playwright_python

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()


def barriers(page: Any) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("axe.run()")["violations"]
    return [f"{page.url}: {rule['help']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]
