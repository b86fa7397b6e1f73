"""The catalog that is measured: generated definitions that look like real ones, and what people search in them.

The same number always gives the same definition, so runs can be compared. A thousand tools have 1,500 patterns.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from app.definitions.documents import write_yaml

SEED = 2
BLOCK = 1_000
"""Every thousand tools bring capabilities of their own: a larger catalog can do more, not the same more often."""


@dataclass(frozen=True, slots=True)
class Domain:
    """A field that tools work in: its place in the catalog, what they handle, and what their time depends on."""

    platform: str
    category: str
    variable: str
    things: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verb:
    """Something tools do: as a word of names, as its sentence begins, and how people ask for it."""

    name: str
    sentence: str
    questions: tuple[str, ...]


DOMAINS = (
    Domain("linux", "process-management", "num_processes", ("service", "process", "daemon", "cgroup", "timer")),
    Domain("linux", "filesystem", "num_files", ("file", "directory", "symlink", "inode", "permission")),
    Domain("linux", "text-processing", "num_lines", ("line", "column", "csv", "regex", "encoding")),
    Domain("linux", "logging", "num_lines", ("journal", "syslog", "logfile", "coredump", "audit-trail")),
    Domain("linux", "storage", "size_mb", ("partition", "volume", "raid", "snapshot", "quota")),
    Domain("windows", "system", "num_entries", ("registry", "eventlog", "hotfix", "driver", "scheduled-task")),
    Domain("windows", "security", "num_entries", ("firewall", "certificate", "account", "group-policy", "acl")),
    Domain("network", "network", "packet_count", ("packet", "route", "interface", "dns", "vlan")),
    Domain("network", "monitoring", "num_ports", ("latency", "port", "bandwidth", "flow", "neighbour")),
    Domain("database", "database", "num_rows", ("table", "index", "replica", "query", "backup")),
    Domain("cloud", "cloud", "N", ("instance", "bucket", "subnet", "image", "lambda")),
    Domain(
        "container", "container", "num_containers", ("container", "layer", "compose", "network-bridge", "registry-tag")
    ),
    Domain("kubernetes", "container", "num_pods", ("pod", "deployment", "ingress", "configmap", "namespace")),
    Domain("monitoring", "monitoring", "num_queries", ("metric", "alert", "dashboard", "target", "silence")),
    Domain("custom", "asset", "N", ("asset", "rack", "warranty", "licence", "owner")),
    Domain("multi-platform", "automation", "num_hosts", ("playbook", "inventory", "package", "host", "secret")),
)
VERBS = (
    Verb("list", "List every", ("which {} are there", "show all {} entries")),
    Verb("inspect", "Show the details of one", ("why is the {} slow", "what state is the {} in")),
    Verb("restart", "Restart or refresh one", ("restart the {} safely", "the {} hangs")),
    Verb("clean", "Remove what is left over of every", ("remove old {} leftovers", "tidy the {}")),
    Verb("copy", "Copy a chosen", ("copy a {} elsewhere", "duplicate the {}")),
    Verb("watch", "Follow the changes of a", ("watch the {} live", "follow {} changes")),
    Verb("check", "Verify the health of a", ("is the {} healthy", "verify {} against policy")),
    Verb("limit", "Set a bound for a", ("limit the {} to half", "cap {} usage")),
    Verb("backup", "Save the contents of a", ("back up the {}", "save {} contents")),
    Verb("search", "Find something inside a", ("find text in a {}", "where is the {} defined")),
)
TIMES = (
    "{base} + {rate} * {v}",
    "max({base}, {rate} * {v})",
    "{base} + ceil({v} / 50) * {step}",
    "{base} * log2({v} + 2)",
)
QUALIFIERS: tuple[str, ...] = (
    *("", "on linux", "on windows", "in production", "on 40 hosts", "without downtime", "quickly", "over ssh"),
    *("for one customer", "after an update", "at night", "with approval", "as root", "on the web server"),
    *("in the staging cluster", "when the disk is full"),
)

# How sentences go on. Each is in some of the tools, as in a real catalog, where a search finds a third of them.
ENDINGS: tuple[str, ...] = (
    *("with its state and its age", "of one machine or of many", "before and after a release", "and tell who owns it"),
    *(
        "as a table for a report",
        "that a team has asked for",
        "found during the last day",
        "without touching the others",
    ),
    *("whose name fits a pattern", "and compare it with the inventory", "in the order of its size", "for an auditor"),
    *("through an agent", "over a jump server", "from a saved template", "until an alert is closed", "by its label"),
    *("once a month", "while users are signed in", "and undo it on failure", "in small steps", "across regions"),
)


def definition(number: int) -> dict[str, Any]:
    """The definition of the tool with this number, from 0; odd ones have two capabilities with a pattern each."""
    chance = random.Random(SEED * 1_000_003 + number)
    domain, thing, verb = _subject(number)
    # The second capability is that of a nearby number, so that every capability has a handful of tools.
    subjects = [(domain, thing, verb), _subject(chance.randrange(BLOCK))][: 1 + number % 2]
    return {
        "tool_name": tool_name(number),
        "version": "1.0",
        "description": f"{verb.sentence} {_words(thing)} {chance.choice(ENDINGS)}, {chance.choice(ENDINGS)}",
        "platform": domain.platform,
        "category": domain.category,
        "status": "active",
        "execution_location": "automation-service",
        "defaults": {"accuracy_level": "real-time", "freshness": "live", "data_source": "direct"},
        "dependencies": [{"name": f"{thing}ctl", "type": "binary", "required": True}],
        "metadata": {
            "author": f"Team {chance.randrange(12)}",
            "tags": [thing, verb.name, chance.choice(("fast", "safe", "bulk", "legacy"))],
            "documentation_url": f"https://docs.example.net/{tool_name(number)}",
        },
        "capabilities": {
            capability_name(number, thing, verb): _capability(chance, domain, thing, verb)
            for domain, thing, verb in subjects
        },
    }


def yaml_text(number: int) -> bytes:
    """The same definition as an author would keep it in a file, about 3 KB."""
    return write_yaml(definition(number)).encode()


def tool_name(number: int) -> str:
    """The name of the tool with this number."""
    _, thing, verb = _subject(number)
    return f"{thing}-{verb.name}-{number:05}"


def capability_name(number: int, thing: str, verb: Verb) -> str:
    """The capability to treat a thing so, of the block this number is in."""
    return f"{thing.replace('-', '_')}_{verb.name}_{number // BLOCK:02}"


def first_capability(number: int) -> str:
    """The first capability of the tool with this number."""
    _, thing, verb = _subject(number)
    return capability_name(number, thing, verb)


def queries() -> list[str]:
    """Some twenty thousand different searches, in a fixed order that mixes them; some end in a half-typed word."""
    things = sorted({_words(thing) for domain in DOMAINS for thing in domain.things})
    questions = [question for verb in VERBS for question in verb.questions]
    asked = [f"{question.format(thing)} {q}".strip() for question, thing, q in product(questions, things, QUALIFIERS)]
    asked += [whole[: len(whole) - 2] for whole in asked[::3]]
    distinct = list(dict.fromkeys(asked))
    random.Random(SEED).shuffle(distinct)
    return distinct


def _subject(number: int) -> tuple[Domain, str, Verb]:
    domain = DOMAINS[number % len(DOMAINS)]
    thing = domain.things[number // len(DOMAINS) % len(domain.things)]
    return domain, thing, VERBS[number // (len(DOMAINS) * len(domain.things)) % len(VERBS)]


def _words(thing: str) -> str:
    return thing.replace("-", " ")


def _capability(chance: random.Random, domain: Domain, thing: str, verb: Verb) -> dict[str, Any]:
    name = f"{verb.name}_{thing.replace('-', '_')}"
    sentence = f"{verb.sentence} {_words(thing)}"
    return {"description": sentence, "patterns": {name: _pattern(chance, domain, thing, verb)}}


def _pattern(chance: random.Random, domain: Domain, thing: str, verb: Verb) -> dict[str, Any]:
    return {
        "description": f"{verb.sentence} {_words(thing)} {chance.choice(ENDINGS)}",
        "typical_use_cases": [_question(chance, question, thing) for question in verb.questions],
        "time_estimate_ms": _time(chance, domain),
        "cost_estimate": "1",
        "complexity_score": round(chance.uniform(0.05, 0.95), 2),
        "scope": chance.choice(("single_item", "batch", "exhaustive")),
        "completeness": chance.choice(("complete", "partial", "summary")),
        "limitations": [
            f"Sees only the {_words(thing)} that the account may read",
            "Machines that do not answer within the time allowed are left out and named at the end",
        ],
        "policy": {"max_cost": 10, "requires_approval": chance.random() < 0.3, "production_safe": True},
        "preference_match": {
            wish: round(chance.uniform(0.1, 1.0), 2)
            for wish in ("speed", "accuracy", "cost", "complexity", "completeness")
        },
        "required_inputs": [
            _input(
                "host",
                "Machine to look at, by name or address",
                "^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$",
                "web-01.example.net",
            ),
            _input("selector", f"Which {_words(thing)} to take, by its name", "^[A-Za-z0-9_.*-]{1,100}$", f"{thing}-7"),
        ],
        "optional_inputs": [_input("limit", "Most results to return", "^[0-9]{1,6}$", "200")],
        "expected_outputs": [
            {
                "name": "found",
                "type": "array",
                "description": f"One entry for each {_words(thing)}, with name, state and age",
            },
            {"name": "skipped", "type": "integer", "description": "How many were left out"},
        ],
        "examples": _examples(thing, verb),
    }


def _question(chance: random.Random, question: str, thing: str) -> str:
    return f"{question.format(_words(thing))} {chance.choice(QUALIFIERS)}".strip()


def _examples(thing: str, verb: Verb) -> list[dict[str, Any]]:
    return [
        {
            "name": f"One {_words(thing)}",
            "description": f"{verb.sentence} {_words(thing)} of the first web server, as a check before a release",
            "inputs": {"host": "web-01.example.net", "selector": f"{thing}-7"},
            "expected_time_ms": 250,
            "expected_cost": 1,
        }
    ]


def _time(chance: random.Random, domain: Domain) -> str:
    form: str = chance.choice(TIMES)
    return form.format(v=domain.variable, base=chance.randrange(100, 900), rate=chance.randrange(1, 90) / 1000, step=20)


def _input(name: str, description: str, validation: str, example: str) -> dict[str, Any]:
    return {"name": name, "type": "string", "description": description, "validation": validation, "examples": [example]}


def texts(count: int) -> Sequence[bytes]:
    """The first definitions as YAML."""
    return [yaml_text(number) for number in range(count)]
