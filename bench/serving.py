"""Measurements of the served product beside a bare Flask view that returns the same bytes.

Both serve from one granian worker with as many threads. Load is put on them in turns, round by round, and the ratio is
the median of the rounds' ratios: the machine's slow moments hit both.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice, product
from random import Random
from statistics import median
from urllib.parse import quote

from app.catalog.schemas import SORT_WORDS
from bench import data
from bench.load import Load
from bench.servers import Server, bare_server
from bench.stage import CONNECTIONS, TOOLS, Stage
from bench.table import Row, Target

API = "/api/v1"
QUERIES_A_SECOND = 1_500
"""More searches than are answered in a second, so that no round asks one twice."""

BARE_BODIES = 1_000
"""At most so many different bodies stand behind the bare view."""

MEMORY_LOADS = 2
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Turn:
    """One round: the load on the product, and right after it that on the bare view."""

    product: Load
    bare: Load

    def ratio(self, figure: Callable[[Load], float]) -> float:
        """A figure of the product over that of the bare view."""
        return figure(self.product) / figure(self.bare)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process holds, in MiB: all of it, and with what it shares with others counted by its share."""

    rss: float
    pss: float


def get_tool(stage: Stage) -> Iterator[Row]:
    """One tool after the other."""
    paths = [f"{API}/tools/{data.tool_name(number)}" for number in range(TOOLS)]
    yield _rate(stage, "GET tool", paths, Target(0.8, at_most=False, of_ratio=True))


def list_of_fifty(stage: Stage) -> Iterator[Row]:
    """The pages of the whole list; then lists that were never asked for before."""
    target = Target(0.6, at_most=False, of_ratio=True)
    yield _rate(stage, "list of 50", [f"{API}/tools?page={page}" for page in range(1, TOOLS // 50 + 1)], target)
    yield _rate(stage, "list of 41–50, never the same", _distinct_lists())


def capability_lookup(stage: Stage) -> Iterator[Row]:
    """The tools of one capability after the other."""
    names = dict.fromkeys(data.first_capability(number) for number in range(TOOLS))
    paths = [f"{API}/capabilities/{name}/tools" for name in names]
    yield _rate(stage, "capability lookup", paths, Target(0.6, at_most=False, of_ratio=True))


def platform_list(stage: Stage) -> Iterator[Row]:
    """The list of one platform after the other."""
    paths = [f"{API}/tools/platform/{domain.platform}" for domain in data.DOMAINS]
    yield _rate(stage, "platform list", sorted(set(paths)), Target(0.6, at_most=False, of_ratio=True))


def search(stage: Stage) -> Iterator[Row]:
    """Searches as people repeat themselves, then none of them twice: under load and alone."""
    yield _search(stage, "search p95, repeated", _as_repeated(data.queries()), CONNECTIONS, Target(15))
    fresh = cycle(data.queries())
    yield _search(stage, "search p95, never the same", fresh, CONNECTIONS, Target(15))
    yield _search(stage, "search p95, never the same", fresh, 1, Target(15))


def _as_repeated(queries: Sequence[str]) -> Iterator[str]:
    """Queries without end, the n-th most common one n times rarer than the first (Zipf's law, as logs show it)."""
    weights = [1 / rank for rank in range(1, len(queries) + 1)]
    chance = Random(20)
    while True:
        yield from chance.choices(queries, weights, k=1000)


def memory(stage: Stage) -> Iterator[Row]:
    """The most that the serving process held, looked at after lookups, after lists, and after searches.

    The lists are more than the product remembers, so its memory of answers is full, and was full of the largest ones.
    """
    tools = [f"{API}/tools/{data.tool_name(number)}" for number in range(TOOLS)]
    loads = (tools, _distinct_lists(), [_search_path(words) for words in data.queries()])
    seen = [_memory_after(stage, stage.server, paths) for paths in loads]
    with bare_server(stage.folder / "memory", _bodies(stage, tools)) as bare:
        baseline = _memory_after(stage, bare, _bare_paths(tools))
    most = Memory(max(memory.rss for memory in seen), max(memory.pss for memory in seen))
    yield Row("worker memory, RSS", most.rss, "MiB", baseline.rss, "bare view", most.rss / baseline.rss, Target(150))
    yield Row("worker memory, PSS", most.pss, "MiB", baseline.pss, "bare view", most.pss / baseline.pss)


def _memory_after(stage: Stage, server: Server, paths: Sequence[str]) -> Memory:
    for _ in range(MEMORY_LOADS):
        stage.load(server, paths)
    held = server.worker().memory_full_info()
    return Memory(held.rss / MEBIBYTE, held.pss / MEBIBYTE)


def _rate(stage: Stage, what: str, paths: Sequence[str], target: Target | None = None) -> Row:
    turns = _turns(stage, what, lambda: paths, paths[:: -(-len(paths) // BARE_BODIES)])
    figure, baseline = (median(load.rate for load in loads) for loads in _sides(turns))
    return Row(what, figure, "/s", baseline, "bare view", median(turn.ratio(_rate_of) for turn in turns), target)


def _search(stage: Stage, what: str, fresh: Iterator[str], connections: int, target: Target) -> Row:
    most = int(stage.effort.seconds * QUERIES_A_SECOND)

    def paths() -> list[str]:
        return [_search_path(words) for words in islice(fresh, most)]

    what = f"{what}, {connections} connection{'s' if connections > 1 else ''}"
    asked = [_search_path(words) for words in islice(fresh, BARE_BODIES // 4)]
    turns = _turns(stage, what, paths, asked, connections)
    figure, baseline = (median(load.p95_ms for load in loads) for loads in _sides(turns))
    return Row(what, figure, "ms", baseline, "bare view", median(turn.ratio(_p95_of) for turn in turns), target)


def _turns(
    stage: Stage,
    what: str,
    paths: Callable[[], Sequence[str]],
    asked_of_bare: Sequence[str],
    connections: int = CONNECTIONS,
) -> list[Turn]:
    """Warm both up, then let them take turns; `paths` gives the product's requests of a round."""
    folder = stage.folder / "".join(filter(str.isalnum, what))
    bare_paths = _bare_paths(asked_of_bare)

    with bare_server(folder, _bodies(stage, asked_of_bare)) as bare:

        def turn() -> Turn:
            return Turn(stage.load(stage.server, paths(), connections), stage.load(bare, bare_paths, connections))

        turn()
        return [turn() for _ in range(stage.effort.rounds)]


def _sides(turns: Sequence[Turn]) -> tuple[list[Load], list[Load]]:
    return [turn.product for turn in turns], [turn.bare for turn in turns]


def _bodies(stage: Stage, paths: Sequence[str]) -> dict[str, bytes]:
    """What the product answers to these paths, under the names the bare view has for them."""
    return {str(number): stage.server.read(path) for number, path in enumerate(paths)}


def _bare_paths(paths: Sequence[str]) -> list[str]:
    return [f"/{number}" for number in range(len(paths))]


def _distinct_lists() -> list[str]:
    """Lists that differ in size, order and page, more than twice as many as the product remembers."""
    sizes, pages = range(50, 40, -1), range(1, TOOLS // 50)
    return [
        f"{API}/tools?sort={sort}&page={page}&page_size={size}"
        for page, size, sort in product(pages, sizes, SORT_WORDS)
    ]


def _search_path(words: str) -> str:
    return f"{API}/tools/search?q={quote(words)}"


def _rate_of(load: Load) -> float:
    return load.rate


def _p95_of(load: Load) -> float:
    return load.p95_ms
