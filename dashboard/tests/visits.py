"""Shows a page in a real browser; where it is what a form answers, by sending that form."""

from collections.abc import Callable
from typing import Any

from dashboard.tests.pages import Page

SUBMIT = """([path, fields]) => {
    const form = Object.assign(document.createElement("form"), { method: "post", action: path });
    fields.csrfmiddlewaretoken = document.querySelector("[name=csrfmiddlewaretoken]").value;
    for (const [name, value] of Object.entries(fields))
        form.append(Object.assign(document.createElement("input"), { name, value }));
    document.documentElement.dataset.left = "yes";
    document.body.append(form);
    form.submit();
}"""


def visit(tab: Any, page: Page, fill: Callable[[str], str]) -> None:
    tab.goto("about:blank")  # or what it was asking would go on
    if page.sends is None:
        assert tab.goto(fill(page.path)).status == page.status, page
        return
    tab.goto(fill(page.form))
    tab.evaluate(SUBMIT, [fill(page.path), {name: fill(value) for name, value in page.sends.items()}])
    tab.locator("html:not([data-left])").wait_for(state="attached")
    tab.wait_for_load_state()
