"""`python -m bench`: measure, and print one table. The exit code says only whether measuring worked."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from bench import definitions, editing, growth, reloading, selecting, serving, spreading, storing
from bench.servers import THREADS
from bench.stage import CONNECTIONS, TOOLS, Effort, Stage
from bench.table import Row, table

USUAL = Effort(rounds=7, seconds=2.0)
QUICK = Effort(rounds=3, seconds=0.7)

# The order matters: while changes spread no other process follows, and memory is looked at when the server has done
# everything else.
MEASUREMENTS: Mapping[str, Callable[[Stage], Iterator[Row]]] = {
    "import": storing.import_definitions,
    "snapshot": storing.snapshot_build,
    "spread": spreading.spreading,
    "tool": serving.get_tool,
    "list": serving.list_of_fifty,
    "capability": serving.capability_lookup,
    "platform": serving.platform_list,
    "search": serving.search,
    "reload": reloading.reloads,
    "reading": reloading.reads_during_reloads,
    "typing": editing.typing,
    "memory": serving.memory,
    "select": selecting.served,
    "growth": growth.growth,
    "expressions": definitions.expressions,
    "validate": definitions.validation,
    "read": definitions.reading,
    "engine": selecting.engine,
    "quality": selecting.quality,
}


def main() -> None:
    """Measure what was asked for."""
    asked = _arguments()
    load_before = os.getloadavg()[0]
    signal.signal(signal.SIGTERM, _interrupted)
    with Stage(QUICK if asked.quick else USUAL) as stage:
        rows = list(_rows(stage, asked.only or list(MEASUREMENTS)))
    print(f"\n{table(rows)}\n\n{_circumstances(stage, load_before)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the product against baselines.")
    parser.add_argument("--quick", action="store_true", help="few short rounds: a first impression")
    parser.add_argument("--only", action="append", metavar="NAME", choices=MEASUREMENTS, help=", ".join(MEASUREMENTS))
    return parser.parse_args()


def _rows(stage: Stage, names: Sequence[str]) -> Iterator[Row]:
    for name, measure in MEASUREMENTS.items():
        if name in names:
            print(f"measuring {name} …", file=sys.stderr)
            yield from measure(stage)


def _circumstances(stage: Stage, load_before: float) -> str:
    """What the figures were measured on, and what they include."""
    lines = [
        f"{TOOLS:,} tools; one granian worker, {THREADS} threads; {CONNECTIONS} keep-alive connections unless said.",
        f"{os.cpu_count()} cores are shared by server, database and load generator. When they are busy otherwise —",
        f"load average {load_before:.1f} before this run — ratios come out nearer to 1 than they are.",
    ]
    if stage.busiest:
        lines.append(f"The load generator used at most {stage.busiest:.0%} of one core.")
    return "\n".join(lines)


def _interrupted(*_: object) -> None:
    sys.exit("interrupted")


if __name__ == "__main__":
    main()
