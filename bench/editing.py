"""Measurements of the editor: the answer to typing in a form, while a draft is saved, checked and drawn anew."""

import re
import time
from collections.abc import Callable, Iterator
from itertools import count
from statistics import median, quantiles

from flask.testing import FlaskClient

from app.accounts.changes import create_link
from app.actor import command_actor
from app.catalog.changes import create_tool
from app.definitions.documents import document_of
from bench import data
from bench.stage import Stage
from bench.table import Row, Target

PATTERNS = 10
TOOL = "edited-by-the-bench"
ANSWERS = 200
"""So many answers for each round; a p95 wants some."""


def typing(stage: Stage) -> Iterator[Row]:
    """Typing in a pattern's form of a definition of 10 patterns, beside a page that only asks who is signed in."""
    app = stage.filled_app()
    actor = command_actor("bench")
    with app.app_context():
        create_tool(document_of(_definition()), actor=actor)
        secret = create_link("admin", actor=actor)
    client = app.test_client()
    _sign_in(client, secret)
    address, form = _open(client)
    numbers = count()

    def type_on() -> None:
        form["description"] = f"Words typed for the {next(numbers)}. time"
        answer = client.post(address, data=form, headers={"HX-Request": "true"})
        found = re.search(r'id="step" value="(\d+)"', answer.text)
        if answer.status_code != 200 or found is None:
            raise RuntimeError(f"typing was answered with {answer.status_code}")
        form["step"] = found[1]

    rounds = [(_p95(type_on), _p95(lambda: client.get("/account"))) for _ in range(stage.effort.rounds)]
    figure, baseline = median(one for one, _ in rounds), median(other for _, other in rounds)
    what = f"answer to typing, {PATTERNS} patterns, p95"
    yield Row(what, figure, "ms", baseline, "a page of one's account", figure / baseline, Target(25))


def _definition() -> dict[str, object]:
    """A definition with as many patterns as asked for, of those the catalog is filled with."""
    whole = data.definition(1)
    patterns = [
        pattern
        for number in range(40)
        for capability in data.definition(number)["capabilities"].values()
        for pattern in capability["patterns"].values()
    ]
    named = {f"pattern_{number}": pattern for number, pattern in enumerate(patterns[:PATTERNS])}
    return {**whole, "tool_name": TOOL, "capabilities": {"typing": {"description": "Typed", "patterns": named}}}


def _sign_in(client: FlaskClient, secret: str) -> None:
    path = f"/sign-in/link/{secret}"
    client.post(path, data={"csrf_token": _token(client.get(path).text)})


def _open(client: FlaskClient) -> tuple[str, dict[str, str]]:
    """The address a pattern's form is sent to, and what stands in it."""
    draft = client.get(f"/tools/{TOOL}/edit").headers["Location"]
    html = client.get(f"{draft}?node=/capabilities/typing/patterns/pattern_0").text
    form = html[html.index('<form id="part"') :]
    address = re.search(r'action="([^"]+)"', form)
    if address is None:
        raise RuntimeError("the editor has no form")
    return address[1], {"csrf_token": _token(form), "step": "1"}


def _token(html: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    if found is None:
        raise RuntimeError("the page has no form")
    return found[1]


def _p95(call: Callable[[], object]) -> float:
    """The 95th percentile of a call's time, milliseconds."""
    times = []
    for _ in range(ANSWERS):
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    return quantiles(times, n=20)[-1]
