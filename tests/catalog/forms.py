"""The forms of pages, sent as browsers send them: with every hidden field."""

import re
from html import unescape

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


def words(page: str) -> str:
    """A page's text, its blanks as one."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def fields_of(page: str, address: str) -> dict[str, str]:
    """The hidden fields of the form that goes to an address."""
    found = re.search(rf'<form[^>]*action="{re.escape(address)}".*?</form>', page, re.DOTALL)
    assert found is not None, f"no form goes to {address}"
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', found[0])
    return {name: unescape(value) for name, value in hidden}


def press(client: FlaskClient, page: str, address: str, **typed: str) -> TestResponse:
    """Send the form that goes to an address, and open the page it leads to."""
    answer = client.post(address, data={**fields_of(page, address), **typed})
    return client.get(answer.headers["Location"]) if answer.status_code == 303 else answer
