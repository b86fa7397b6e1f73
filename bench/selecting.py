"""Measurements of selection: the engine in this process, the served JSON, and how often it finds what was meant."""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median, quantiles
from typing import Any

from app.config import SEED_DIR
from app.definitions.documents import read_yaml
from app.definitions.legacy import source_tool
from app.selection.answer import answer
from app.selection.engine import Selection, select
from app.selection.index import Index
from app.selection.live_index import Proposed
from app.selection.request import SelectionRequest
from bench import data
from bench.load import Load
from bench.servers import bare_server
from bench.serving import MEBIBYTE
from bench.stage import TOOLS, Stage
from bench.table import Row, Target
from tests.selection.quality_set import PARAPHRASED, PLAIN, Wanted

ASKED = 400
"""So many requests for each round; a p99 wants some."""
SELECT = "/api/v1/select"
BODIES = 300


def engine(stage: Stage) -> Iterator[Row]:
    """Select and explain, ten candidates each, beside looking at every pattern there is."""
    tools = [Proposed(data.definition(number)) for number in range(TOOLS)]
    index = Index.of(tools)
    patterns = _words_of_patterns(tools)
    intents = data.queries()[:ASKED]
    capabilities = [data.first_capability(number) for number in range(ASKED)]
    by_capability = [SelectionRequest(capabilities=[name]) for name in capabilities]
    by_intent = [SelectionRequest(intent=intent) for intent in intents]
    rounds = [
        (
            _latencies(by_capability, lambda request: answer(select(index, request), 1)),
            _latencies(by_intent, lambda request: answer(select(index, request), 1)),
            _latencies(intents, lambda intent: _most_words_in_common(intent, patterns)),
        )
        for _ in range(stage.effort.rounds)
    ]
    scan = median(median(scanned) for *_, scanned in rounds)
    for what, place, most in (("by capability", 0, 0.5), ("by free text", 1, 2.0)):
        figure = median(median(turn[place]) for turn in rounds)
        yield Row(f"select {what}, p50", figure, "ms", scan, "words in common, all", figure / scan, Target(most))
    slowest = median(quantiles(turn[1], n=100)[98] for turn in rounds)
    yield Row("select by free text, p99", slowest, "ms", scan, "words in common, all", slowest / scan, Target(8))
    yield from _carrying_on(stage, index, tools)


def served(stage: Stage) -> Iterator[Row]:
    """`POST /select`, ten candidates with every reason: by capability; by intents that come again; by ever new ones."""
    names = dict.fromkeys(data.first_capability(number) for number in range(TOOLS))
    by_capability = [json.dumps({"capabilities": [name]}) for name in names]
    yield _rate(stage, "POST /select by capability", by_capability)
    intents = [json.dumps({"intent": words}) for words in data.queries()]
    yield _rate(stage, f"POST /select, {BODIES} intents in turn", intents[:BODIES])
    yield _rate(stage, "POST /select, no intent twice", intents[BODIES:])
    rss = stage.server.worker().memory_info().rss / MEBIBYTE
    yield Row("worker memory after selecting, RSS", rss, "MiB")


def quality(stage: Stage) -> Iterator[Row]:
    """How often the pattern that was meant comes first, or among three, over the definitions that ship."""
    tools = _definitions_that_ship()
    index, patterns = Index.of(tools), _words_of_patterns(tools)
    for kind, wanted, bounds in (("plain", PLAIN, (0.85, 0.95)), ("paraphrased", PARAPHRASED, (None, None))):
        ranks = [_rank(one, _names(select(index, _request(one)))) for one in wanted]
        baseline = [_rank(one, _most_words_in_common(one.intent, patterns)) for one in wanted]
        for what, share, bound in (("top-1", _top(1), bounds[0]), ("top-3", _top(3), bounds[1]), ("MRR", _mrr, None)):
            target = None if bound is None else Target(bound, at_most=False)
            figure, beside = share(ranks), share(baseline)
            label = f"{len(wanted)} {kind} intents, {what}"
            yield Row(label, figure, "", beside, "words in common", figure / beside, target)


def _carrying_on(stage: Stage, index: Index, tools: Sequence[Proposed]) -> Iterator[Row]:
    """The index after one tool changed, beside a new one."""
    changed = [Proposed(dict(tools[0].definition)), *tools[1:]]
    ours, new = [], []
    for _ in range(stage.effort.rounds):
        ours += _latencies([changed], index.following)
        new += _latencies([tools], Index.of)
    figure, baseline = median(ours), median(new)
    yield Row("index after one change", figure, "ms", baseline, "index made anew", figure / baseline)


def _rate(stage: Stage, what: str, bodies: Sequence[str]) -> Row:
    answers = {str(number): stage.server.send(SELECT, body) for number, body in enumerate(bodies[:BODIES])}
    folder = stage.folder / "".join(filter(str.isalnum, what))
    with bare_server(folder, answers) as bare:
        loads: list[tuple[Load, Load]] = []
        for _ in range(stage.effort.rounds + 1):
            ours = stage.load(stage.server, [SELECT], bodies=bodies)
            loads.append((ours, stage.load(bare, [f"/{name}" for name in answers])))
    # The first round warms both up.
    loads = loads[1:]
    figure, baseline = (median(load.rate for load in side) for side in zip(*loads, strict=True))
    ratio = median(one.rate / other.rate for one, other in loads)
    return Row(what, figure, "/s", baseline, "bare view", ratio, Target(1_500, at_most=False))


def _latencies(requests: Sequence[Any], call: Callable[[Any], object]) -> list[float]:
    """The time of a call for each request, milliseconds."""
    times = []
    for request in requests:
        start = time.perf_counter()
        call(request)
        times.append(1000 * (time.perf_counter() - start))
    return times


def _definitions_that_ship() -> list[Proposed]:
    texts = (path.read_bytes() for path in sorted(SEED_DIR.glob("**/*.yaml")))
    return [Proposed(source_tool(dict(read_yaml(text).data)).definition) for text in texts]


def _request(wanted: Wanted) -> SelectionRequest:
    return SelectionRequest(intent=wanted.intent, platform=wanted.platform, environment=wanted.environment)


def _names(selection: Selection) -> list[str]:
    return [f"{one.candidate.tool_name}.{one.candidate.pattern_name}" for one in selection.ranked]


def _rank(wanted: Wanted, names: Sequence[str]) -> int:
    """The rank of the first acceptable pattern, from 1; 0 when there is none."""
    return next((rank for rank, name in enumerate(names, 1) if name in wanted.acceptable), 0)


def _top(most: int) -> Callable[[Sequence[int]], float]:
    return lambda ranks: sum(1 <= rank <= most for rank in ranks) / len(ranks)


def _mrr(ranks: Sequence[int]) -> float:
    return sum(1 / rank for rank in ranks if rank) / len(ranks)


# The baseline: what one would write in an afternoon.


def _words_of_patterns(tools: Sequence[Proposed]) -> list[tuple[str, frozenset[str]]]:
    found = []
    for tool in tools:
        whole = tool.whole()
        for capability in whole["capabilities"].values():
            for name, pattern in capability["patterns"].items():
                told = [whole["tool_name"], name, pattern["description"], *pattern.get("typical_use_cases", ())]
                found.append((f"{whole['tool_name']}.{name}", _words(" ".join(told))))
    return found


def _most_words_in_common(intent: str, patterns: Sequence[tuple[str, frozenset[str]]]) -> list[str]:
    """Every pattern, those first that have most of the intent's words."""
    words = _words(intent)
    return [name for name, _ in sorted(patterns, key=lambda pattern: (-len(words & pattern[1]), pattern[0]))]


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", text.lower()))
