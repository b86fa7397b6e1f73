"""docs/security.md is a contract: every test it names is there, and it counts right."""

import ast
import re
from collections import Counter

import pytest

from tests.served import PROJECT

TEXT = (PROJECT / "docs" / "security.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+(?:–\d+\.\d+\.\d+)?) \| (.+?) \| (\S+) \| (.+?) \|$", re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
CHAPTERS = 17


def rows() -> list[tuple[str, str, str]]:
    """Item, verdict and reason of every row."""
    return [(item, verdict, why) for item, _, verdict, why in ROW.findall(TEXT)]


def test_every_row_of_the_table_is_read_here() -> None:
    assert len(rows()) == sum(bool(re.match(r"\| \d", line)) for line in TEXT.splitlines())
    assert {int(item.split(".")[0]) for item, *_ in rows()} == set(range(1, CHAPTERS + 1))


def test_every_row_has_a_verdict_and_what_shows_it() -> None:
    for item, verdict, why in rows():
        assert verdict in {"pass", "n/a", "gap"}, item
        assert NAMED.search(why) if verdict == "pass" else len(why) > 5, item


def test_no_item_is_there_twice() -> None:
    assert [item for item, count in Counter(item for item, *_ in rows()).items() if count > 1] == []


@pytest.mark.parametrize("path", sorted({path for path, _ in NAMED.findall(TEXT)}))
def test_every_test_it_names_is_there(path: str) -> None:
    tree = ast.parse((PROJECT / "tests" / path).read_text(encoding="utf-8"))
    there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert {name for file, name in NAMED.findall(TEXT) if file == path} <= there


def test_it_counts_right() -> None:
    counts = Counter(verdict for _, verdict, _ in rows())
    told = f"{counts['pass']} pass, {counts['n/a']} do not apply, {counts['gap']} are gaps"
    assert told in TEXT
