"""`make run` as a process: ready, stopped, killed, started again."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.definition import definition
from tests.people import HEADERS
from tests.served import PROJECT, Served, wait_until


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Served]:
    """A catalog of its own with one tool, not started yet."""
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "grep.json").write_text(json.dumps(definition()))
    served = Served(tmp_path / "data", {"SEED_DIR": str(seeds)})
    yield served
    served.stop()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A catalog of its own, not started yet."""
    served = Served(tmp_path / "data")
    yield served
    served.stop()


def put(served: Served, name: str, body: object) -> dict[str, object]:
    request = Request(
        f"{served.url}/api/v1/tools/{name}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", **HEADERS},
        method="PUT",
    )
    with urlopen(request, timeout=10) as answer:
        told: dict[str, object] = json.load(answer)
        return told


def test_first_start_makes_the_database_and_imports_the_definitions_that_ship(tmp_path: Path) -> None:
    served = Served(tmp_path / "data", from_nothing=True).start()
    shipped = len(list((PROJECT / "seed_tools").rglob("*.yaml")))
    told = f"Imported {shipped} tools from seed_tools/"
    assert (json.loads(served.get("/api/v1/tools"))["total"], told in served.output()) == (shipped, True)
    served.stop()


def test_start_prints_one_line_with_the_address(served: Served) -> None:
    served.start()
    assert [line for line in served.output().splitlines() if served.url in line] == [
        f"Tool Catalog is ready at {served.url}"
    ]


def test_interrupt_ends_everything_the_database_too(served: Served) -> None:
    served.start()
    assert served.database_runs()
    served.send(signal.SIGINT)
    assert not served.database_runs()
    assert not served.accepts()


def test_second_start_keeps_what_was_changed_and_imports_nothing(served: Served) -> None:
    served.start()
    put(served, "grep", {"description": "Changed"})
    served.stop()
    served.start()
    assert json.loads(served.get("/api/v1/tools/grep"))["description"] == "Changed"
    assert "Imported" not in served.output()


def test_start_after_a_kill_loses_nothing_committed(served: Served) -> None:
    served.start()
    version = put(served, "grep", {"description": "Just before the kill"})["version"]
    served.send(signal.SIGKILL)
    wait_until(lambda: not served.accepts())
    served.start()
    tool = json.loads(served.get("/api/v1/tools/grep"))
    assert (tool["version"], tool["description"]) == (version, "Just before the kill")


def test_interrupt_after_a_kill_still_ends_the_database(served: Served) -> None:
    served.start().send(signal.SIGKILL)
    wait_until(lambda: not served.accepts())
    served.start().send(signal.SIGINT)
    assert not served.database_runs()


def test_a_database_that_died_runs_again_by_itself_and_still_ends_with_the_rest(small: Served) -> None:
    served = small.start()
    first = (served.data_dir / "postgres" / "postmaster.pid").read_text().split()[0]
    os.kill(int(first), signal.SIGQUIT)

    def writes() -> bool:
        try:
            return put(served, "grep", {"description": "After the death"})["description"] == "After the death"
        except HTTPError as error:
            if error.code != 503:
                raise
            return False

    wait_until(lambda: not Path(f"/proc/{first}").exists())
    wait_until(writes)
    served.send(signal.SIGINT)
    assert not served.database_runs()


def test_serving_processes_do_not_outlive_the_one_that_started_them(tmp_path: Path) -> None:
    served = Served(tmp_path / "data", {"WORKERS": "2"}).start()
    wait_until(lambda: len(served.workers()) >= 2)
    served.send(signal.SIGKILL)
    wait_until(lambda: not served.accepts())
    served.start().stop()


def test_a_change_in_one_process_is_seen_by_the_others(tmp_path: Path) -> None:
    served = Served(tmp_path / "data", {"WORKERS": "2"}).start()
    changed = put(served, "grep", {"description": "Seen everywhere"})
    # Each request may meet either process: many in a row that all agree have met both.
    seen: list[object] = []

    def all_agree() -> bool:
        seen.append(json.loads(served.get("/api/v1/tools/grep"))["version"])
        return len(seen) >= 30 and set(seen[-30:]) == {changed["version"]}

    wait_until(all_agree)
    served.stop()
    assert seen[-1] == changed["version"]


def test_processes_that_were_stopped_are_no_longer_said_to_serve(tmp_path: Path) -> None:
    served = Served(tmp_path / "data", {"WORKERS": "2"}).start()

    def serving() -> set[int]:
        return {one["pid"] for one in json.loads(served.get("/api/v1/tools/reload/statistics"))["processes"]}

    wait_until(lambda: len(serving()) == 2)
    before = serving()
    served.stop()
    served.start()
    wait_until(lambda: len(serving() - before) == 2)
    after = serving()
    served.stop()
    assert not before & after
