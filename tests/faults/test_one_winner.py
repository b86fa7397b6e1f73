"""Very many clients of the product as users start it change one tool from the same base: exactly one wins."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

import orjson
import pytest

from tests.definition import definition
from tests.faults.writers import TOOLS, Asked, Told, send, served_empty
from tests.parallel import at_once
from tests.served import Served

CLIENTS = 200
# Who wins is the question here, not how soon: on a busy machine the last of them waits longer than writes usually may.
PATIENT = {"WRITE_TIMEOUT_MS": "10000", "POOL_TIMEOUT_S": "10", "LOCK_TIMEOUT_MS": "10000"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A catalog whose writers are patient."""
    served = served_empty(tmp_path_factory.mktemp("served"), **PATIENT)
    try:
        yield served.start()
    finally:
        served.stop()


def get(served: Served, path: str) -> Told:
    """Read an address that is there."""
    told = send(served.port, Asked("GET", path))
    assert told.answer.status == 200, told.answer.body
    return told


def entries(served: Served) -> list[tuple[str, str]]:
    """What the audit log tells of the tool, oldest first: actions and versions."""
    told = get(served, "/api/v1/audit?tool=one").answer.json
    return [(entry["action"], entry["version"]) for entry in reversed(told["entries"])]


def together(served: Served, requests: list[tuple[Asked, dict[str, str]]]) -> Counter[int]:
    """The statuses of these requests, each from a client of its own, all at the same moment."""
    told = at_once(partial(send, served.port, asked, **headers) for asked, headers in requests)
    return Counter(one.answer.status for one in told)


def test_of_two_hundred_changes_from_the_same_base_one_wins(served: Served) -> None:
    made = send(served.port, Asked("POST", TOOLS, definition("one")))
    revision, based = orjson.loads(made.answer.body)["revision"], {"If-Match": made.answer.headers["ETag"]}
    bodies = [{"description": f"Of client {number}"} for number in range(CLIENTS)]
    statuses = together(served, [(Asked("PUT", f"{TOOLS}/one", body), based) for body in bodies])
    assert statuses == {200: 1, 412: CLIENTS - 1}
    versions = get(served, f"{TOOLS}/one/versions").answer.json["versions"]
    assert [(version["version"], version["is_latest"]) for version in versions] == [("1.1", True), ("1.0", False)]
    assert get(served, "/api/v1/snapshot").answer.json["revision"] == revision + 1
    assert entries(served) == [("created", "1.0"), ("updated", "1.1")]
    assert get(served, f"{TOOLS}/one").answer.json["description"] in {body["description"] for body in bodies}


def test_of_two_hundred_creations_of_one_name_one_wins(served: Served) -> None:
    before = get(served, "/api/v1/snapshot").answer.json["revision"]
    spellings = ["two", "Two", "TWO", "twO"] * (CLIENTS // 4)
    statuses = together(served, [(Asked("POST", TOOLS, definition(name)), {}) for name in spellings])
    assert statuses == {201: 1, 409: CLIENTS - 1}
    assert get(served, "/api/v1/snapshot").answer.json["revision"] == before + 1
    assert len(get(served, f"{TOOLS}/two/versions").answer.json["versions"]) == 1
