"""The list of addresses is a contract: whoever adds, moves or removes one says so in routes.txt."""

from pathlib import Path

from flask import Flask

REVIEWED = Path(__file__).with_name("routes.txt")


def told(app: Flask) -> list[str]:
    """Every route: methods, path, endpoint."""
    lines = []
    for rule in app.url_map.iter_rules():
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        lines.append(f"{rule.rule:<52} {methods:<6} {rule.endpoint}")
    return sorted(lines)


def test_the_routes_are_those_that_were_reviewed(application: Flask) -> None:
    assert told(application) == REVIEWED.read_text(encoding="utf-8").splitlines()
