"""The definitions that ship, as tests look at them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from app.definitions.documents import Document, read_yaml
from app.definitions.expressions import Expression, parse_expression
from app.definitions.legacy import SourceTool, tools_in
from app.definitions.vocabulary import VARIABLES

FOLDER = Path(__file__).resolve().parent.parent.parent / "seed_tools"
FILES = sorted(FOLDER.rglob("*.yaml"))
STEPS = 24


@dataclass(frozen=True)
class Seed:
    """One pattern of a definition that ships."""

    tool: str
    capability: str
    name: str
    pattern: Mapping[str, Any]
    definition: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.tool} › {self.capability} › {self.name}"

    def estimate(self, key: str) -> Expression:
        """The expression under a key of the pattern."""
        return parse_expression(str(self.pattern[key]))

    def range_of(self, variable: str) -> tuple[float, float, float]:
        """Least, usual and most of a variable: as the definition declares it, else as the vocabulary does."""
        own = self.definition.get("variables", {}).get(variable)
        if own:
            return own["minimum"], own["default"], own["maximum"]
        known = VARIABLES[variable]
        return known.minimum, known.default, known.maximum

    def inputs(self) -> list[Mapping[str, Any]]:
        """Required and optional inputs."""
        return [*self.pattern.get("required_inputs", []), *self.pattern.get("optional_inputs", [])]


@cache
def read(path: Path) -> tuple[Document, SourceTool]:
    """A file and the one tool in it."""
    document = read_yaml(path.read_bytes())
    (tool,) = tools_in(document)
    return document, tool


@cache
def seeds() -> tuple[Seed, ...]:
    """Every pattern of every definition."""
    return tuple(_seeds())


def _seeds() -> Iterator[Seed]:
    for path in FILES:
        definition = read(path)[1].definition
        for capability, part in definition["capabilities"].items():
            for name, pattern in part["patterns"].items():
                yield Seed(definition["tool_name"], capability, name, pattern, definition)


def by_capability() -> dict[str, list[Seed]]:
    """The patterns that a request for a capability has to choose from."""
    offered: dict[str, list[Seed]] = defaultdict(list)
    for seed in seeds():
        offered[seed.capability].append(seed)
    return offered
