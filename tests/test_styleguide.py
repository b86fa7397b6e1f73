"""The style guide shows what there is: a component without a sample fails here."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import somebody

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
OF_ONE_PAGE = {"links.html", "reloads.html", "editor.html", "acts.html"}
# Shown as parts of others, or made from a form that only a page has.
IN_OTHERS = {
    *("crumb_arrow", "platform_icon", "status_badge", "unknown_keys", "words", "with_code", "marked"),
    *("field_of", "boxes_of", "refused", "post_button", "curve", "_rows", "_side"),
}


def test_everybody_who_signed_in_may_read_it(app: Flask) -> None:
    assert somebody(app, "eve", "viewer").client(app).get("/styleguide").status_code == 200


def macros() -> list[str]:
    """The names of the macros of the house."""
    shared = [path for path in sorted((TEMPLATES / "macros").glob("*.html")) if path.name not in OF_ONE_PAGE]
    texts = [path.read_text() for path in shared]
    return [name for text in texts for name in re.findall(r"{%-? macro (\w+)", text)]


@pytest.mark.parametrize("name", macros())
def test_every_macro_has_a_sample(name: str) -> None:
    samples = "".join(path.read_text() for path in (TEMPLATES / "styleguide").glob("*.html"))
    assert name in IN_OTHERS or f"{name}(" in samples


def test_its_sheet_is_loaded_there_only(client: FlaskClient) -> None:
    assert "reference.css" in client.get("/styleguide").text
    assert "reference.css" not in client.get("/tools").text
