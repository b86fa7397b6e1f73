"""The words definitions are made of: platforms, statuses, scopes, the variables of expressions, names nobody may take.

Only words and what they mean; what a definition must look like is in `model`, the rules are in `validation`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

PLATFORMS: tuple[str, ...] = (
    "linux",
    "windows",
    "network",
    "scheduler",
    "custom",
    "multi-platform",
    "database",
    "cloud",
    "container",
    "kubernetes",
    "monitoring",
)
CATEGORIES: tuple[str, ...] = (
    "system",
    "network",
    "automation",
    "monitoring",
    "security",
    "database",
    "cloud",
    "container",
    "storage",
    "filesystem",
    "text-processing",
    "logging",
    "process-management",
    "asset",
    "communication",
)
STATUSES: tuple[str, ...] = ("active", "deprecated", "disabled", "testing", "draft")

STANDARD_SCOPES: tuple[str, ...] = ("single_item", "batch", "exhaustive")
SCOPES: tuple[str, ...] = (
    *STANDARD_SCOPES,
    # The words of older files; read and kept, but not offered to authors.
    "single",
    "single_record",
    "single_asset",
    "single_asset_credentials",
    "single_file",
    "single_service",
    "multiple_items",
    "detailed_records",
    "summary_list",
    "aggregated_count",
    "full_export",
    "all_processes",
    "system_logs",
    "asset_secrets",
    "documentation",
)
"""How much of the world one use of a pattern touches; the standard words come first."""

STANDARD_COMPLETENESS: tuple[str, ...] = ("complete", "partial", "summary")
COMPLETENESS: tuple[str, ...] = (
    *STANDARD_COMPLETENESS,
    # The words of older files, whole phrases among them; read and kept, but not offered to authors.
    "full",
    "basic fields only",
    "complete and current",
    "complete for cached data",
    "complete for single asset",
    "comprehensive (all fields)",
    "comprehensive (all fields in CSV format)",
    "comprehensive and current",
    "informational only",
)
"""How much of what was asked an answer holds; the standard words come first."""

INPUT_TYPES: tuple[str, ...] = ("string", "integer", "number", "boolean", "array", "object", "enum")
DEPENDENCY_TYPES: tuple[str, ...] = ("binary", "package", "service", "permission", "network", "platform", "api", "tool")

# Offered while typing, never enforced: authors describe their data in many ways.
ACCURACY_LEVELS: tuple[str, ...] = ("real-time", "cached", "static")
FRESHNESS: tuple[str, ...] = ("live", "current", "recent", "static")
DATA_SOURCES: tuple[str, ...] = ("direct", "filesystem", "database", "service", "documentation")

RESERVED_NAMES: frozenset[str] = frozenset(
    {
        # A path step of dots is resolved away by browsers and proxies before it reaches the catalog.
        ".",
        "..",
        "audit",
        "bulk-import",
        "capabilities",
        "category",
        "changes",
        "compare",
        "disable",
        "drafts",
        "enable",
        "export",
        "import",
        "new",
        "platform",
        "promote",
        "publish",
        "reload",
        "search",
        "templates",
        "tools",
        "validate",
        "versions",
    }
)
"""Steps of the catalog's own addresses, in lower case: no tool may be called so, in any case."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A quantity that expressions are written over.

    Attributes:
        unit: in words, plural: "items", "milliseconds".
        default: taken when a request does not say; within the range.
        minimum, maximum: the plausible range; expressions are tried over all of it. The minimum is at least 1
            wherever dividing by the quantity, or taking its logarithm, is a natural thing to write.
    """

    name: str
    unit: str
    default: float
    minimum: float
    maximum: float
    meaning: str


_VARIABLES = (
    Variable("N", "items", 100, 1, 1_000_000, "How many items the job is about"),
    Variable("pages", "pages", 1, 1, 10_000, "How many pages of results are read"),
    Variable("count", "repetitions", 1, 1, 10_000, "How often a measurement or request is repeated"),
    Variable("iterations", "iterations", 1, 1, 10_000, "How many rounds are run"),
    Variable("parallelism", "workers", 1, 1, 1_000, "How many things are done at the same time"),
    Variable("command_complexity", "points", 1, 1, 10, "How involved a command is, from 1 (trivial) to 10"),
    # Time
    Variable("duration_ms", "milliseconds", 10_000, 1, 86_400_000, "How long to watch, capture or wait"),
    Variable("duration_seconds", "seconds", 10, 1, 86_400, "How long to watch, capture or wait"),
    Variable("delay", "seconds", 1, 0, 3_600, "The pause between two repetitions"),
    Variable("timeout_seconds", "seconds", 30, 1, 3_600, "How long to wait before giving up"),
    Variable("response_time", "milliseconds", 200, 1, 60_000, "How long the other side takes to answer"),
    Variable("p95_latency", "milliseconds", 500, 1, 60_000, "The time in which 95 of 100 requests are answered"),
    Variable("dns_latency", "milliseconds", 50, 1, 10_000, "How long a name lookup takes"),
    Variable("network_latency", "milliseconds", 20, 1, 10_000, "The round trip to the target"),
    # Sizes and rates
    Variable("file_size_kb", "kilobytes", 100, 1, 10_000_000, "The size of the file that is read or written"),
    Variable("size_mb", "megabytes", 10, 1, 1_000_000, "The size of the data that is worked on"),
    Variable("bandwidth_mbps", "megabits per second", 100, 1, 100_000, "The rate of the link to the target"),
    # Counts
    Variable("packet_count", "packets", 100, 1, 1_000_000, "How many packets are sent or captured"),
    Variable("num_files", "files", 100, 1, 1_000_000, "How many files are visited"),
    Variable("num_directories", "directories", 10, 1, 100_000, "How many directories are visited"),
    Variable("num_entries", "entries", 100, 1, 1_000_000, "How many entries of a list, table or directory are read"),
    Variable("num_lines", "lines", 1_000, 1, 10_000_000, "How many lines of text are read"),
    Variable("num_filesystems", "filesystems", 5, 1, 1_000, "How many mounted filesystems are looked at"),
    Variable("num_processes", "processes", 200, 1, 100_000, "How many processes are looked at"),
    Variable("num_packages", "packages", 10, 1, 10_000, "How many software packages are handled"),
    Variable("num_hosts", "hosts", 1, 1, 100_000, "How many machines are addressed"),
    Variable("num_ports", "ports", 100, 1, 65_535, "How many ports are probed on a machine"),
    Variable("num_containers", "containers", 10, 1, 10_000, "How many containers are handled"),
    Variable("num_pods", "pods", 10, 1, 10_000, "How many Kubernetes pods are handled"),
    Variable("num_rows", "rows", 1_000, 1, 100_000_000, "How many rows or records a database reads or writes"),
    Variable("num_queries", "queries", 1, 1, 10_000, "How many queries are sent"),
)

VARIABLES: Mapping[str, Variable] = MappingProxyType({variable.name: variable for variable in _VARIABLES})
"""The variables every author can use; a definition may declare more."""

_SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "any": "multi-platform",
        "bool": "boolean",
        "cross-platform": "multi-platform",
        "db": "database",
        "dict": "object",
        "docker": "container",
        "enabled": "active",
        "float": "number",
        "inactive": "disabled",
        "int": "integer",
        "k8s": "kubernetes",
        "list": "array",
        "ln": "log",
        "lunix": "linux",
        "macos": "multi-platform",
        "map": "object",
        "obsolete": "deprecated",
        "power": "pow",
        "str": "string",
        "text": "string",
        "unix": "linux",
        "wip": "draft",
    }
)
# Measured on the misspelt words of the tests: one slip in four letters reaches 75, unrelated words stay under 65.
_NEAR = 70.0
_LONGEST_WORD = 100


def closest(word: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Return the known words somebody may have meant by `word`: "did you mean", best first, at most `limit`.

    Case does not matter. Slips of the finger, a word begun (`net`), a word said longer (`network_device`) and a few
    synonyms (`k8s`) are recognised; [] when nothing is near. Equally near words keep the order of `known`.
    """
    candidates = list(dict.fromkeys(known))
    wanted = _plain(word)
    if not wanted or len(wanted) > _LONGEST_WORD:
        return []
    scores = _typing_scores(wanted, candidates)
    for index, candidate in enumerate(candidates):
        scores[index] = max(scores.get(index, 0.0), _meaning_score(wanted, _plain(candidate)))
    ranked = sorted((-score, index) for index, score in scores.items() if score >= _NEAR)
    return [candidates[index] for _, index in ranked[:limit]]


def _plain(word: str) -> str:
    return word.strip().casefold().replace("_", "-").replace(" ", "-")


def _typing_scores(wanted: str, candidates: Sequence[str]) -> dict[int, float]:
    """Score (0..100) by letters, per place in `candidates`; two letters swapped count as one slip."""
    by_letters = process.extract(
        wanted, candidates, scorer=fuzz.ratio, processor=_plain, score_cutoff=_NEAR, limit=None
    )
    by_slips = process.extract(
        wanted, candidates, scorer=OSA.normalized_similarity, processor=_plain, score_cutoff=_NEAR / 100, limit=None
    )
    scores = {index: float(score) for _, score, index in by_letters}
    for _, share, index in by_slips:
        scores[index] = max(scores.get(index, 0.0), 100.0 * share)
    return scores


def _meaning_score(wanted: str, candidate: str) -> float:
    """Score (0..100) by what the word says: a synonym, a word begun, a word of several."""
    if _SYNONYMS.get(wanted) == candidate:
        return 99.0
    shorter, longer = sorted((wanted, candidate), key=len)
    if len(shorter) >= 3 and longer.startswith(shorter):
        return 90.0
    if len(shorter) >= 3 and shorter in longer.split("-"):
        return 80.0
    return 0.0
