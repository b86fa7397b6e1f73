"""What operators ask for in their own words, each with the patterns an expert would be content to see first.

Choosing is measured against these, in two kinds. PLAIN is what most type into the box: the field's ordinary words.
PARAPHRASED avoids the words of the definitions, and tells how far choosing reaches beyond them. Half of each kind,
TUNED, may be looked at while it is built; of the other half only the count is looked at, so that it tells how choosing
does with words nobody had in mind.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent / "quality"
FILES = sorted(FOLDER.glob("*/*.yaml"))
KINDS = ("plain", "paraphrased")
ENVIRONMENTS = ("development", "testing", "staging", "production")
KEYS = {"intent", "platform", "environment", "acceptable"}


@dataclass(frozen=True)
class Wanted:
    """One intent and every pattern, as tool.pattern, that would do what it asks for."""

    intent: str
    platform: str | None
    environment: str | None
    acceptable: frozenset[str]
    area: str
    kind: str

    def __str__(self) -> str:
        return f"{self.kind} {self.area}: {self.intent}"


def wanted(entry: dict[str, Any], area: str, kind: str) -> Wanted:
    """An entry of a file, refused when a key is misspelt or a pattern stands twice."""
    if not entry.keys() <= KEYS:
        raise ValueError(f"{entry} has keys other than {sorted(KEYS)}")
    acceptable = frozenset(entry["acceptable"])
    if len(acceptable) != len(entry["acceptable"]):
        raise ValueError(f"{entry} names a pattern twice")
    return Wanted(entry["intent"], entry.get("platform"), entry.get("environment"), acceptable, area, kind)


def _halves() -> Iterator[tuple[Wanted, bool]]:
    for path in FILES:
        for position, entry in enumerate(yaml.safe_load(path.read_text(encoding="utf-8"))):
            yield wanted(entry, path.stem, path.parent.name), position % 2 == 0


_HALVES = tuple(_halves())

QUALITY: tuple[Wanted, ...] = tuple(one for one, _ in _HALVES)
PLAIN: tuple[Wanted, ...] = tuple(one for one in QUALITY if one.kind == "plain")
PARAPHRASED: tuple[Wanted, ...] = tuple(one for one in QUALITY if one.kind == "paraphrased")
TUNED: tuple[Wanted, ...] = tuple(one for one, tuned in _HALVES if tuned)
HELD_OUT: tuple[Wanted, ...] = tuple(one for one, tuned in _HALVES if not tuned)
