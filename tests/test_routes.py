"""The list of addresses is a contract: whoever adds, moves or removes one says so in routes.txt."""

from pathlib import Path

from flask import Flask

from app.permissions import needed_by

REVIEWED = Path(__file__).with_name("routes.txt")


def told(app: Flask) -> list[str]:
    """Every route: path, methods, what it needs, endpoint."""
    lines = []
    for rule in app.url_map.iter_rules():
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        needed = needed_by(app.view_functions[rule.endpoint]) or "–"
        lines.append(f"{rule.rule:<52} {methods:<6} {needed:<15} {rule.endpoint}")
    return sorted(lines)


def test_the_routes_are_those_that_were_reviewed(application: Flask) -> None:
    assert told(application) == REVIEWED.read_text(encoding="utf-8").splitlines()
