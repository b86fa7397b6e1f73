"""A request as a program sends it: what is copied does what the page did."""

import ast
import json
import shlex

from app.selection.call_texts import as_curl, as_python
from app.selection.request import Preference, RequestLimits, SelectionRequest

REQUEST = SelectionRequest(
    intent='don\'t say "nginx" – $HOME `id` \\ \u2028',
    environment="production",
    variables={"N": 40},
    preference=Preference.FAST,
    limits=RequestLimits(max_cost=2.5),
)
ASKED = REQUEST.model_dump(mode="json", exclude_defaults=True)


def test_the_shell_sends_what_was_asked_whatever_stands_in_it() -> None:
    words = shlex.split(as_curl(REQUEST, "https://catalog.example/api/v1/select").replace("\\\n", ""))
    assert words[:2] == ["curl", "https://catalog.example/api/v1/select"]
    assert words[words.index("-H") + 1] == "Authorization: Bearer $CATALOG_TOKEN"
    assert json.loads(words[words.index("-d") + 1]) == ASKED


def test_python_asks_what_was_asked() -> None:
    tree = ast.parse(as_python(REQUEST, "https://catalog.example"))
    call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.keywords)
    assert {one.arg: ast.literal_eval(one.value) for one in call.keywords} == ASKED


def test_what_was_not_said_is_not_sent() -> None:
    assert '{"intent": "restart"}' in as_curl(SelectionRequest(intent="restart"), "http://x")
