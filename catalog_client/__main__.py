"""`python -m catalog_client URL`: what a catalog holds, and its changes as they come."""

import argparse
import json
import logging
import sys
from collections.abc import Hashable, Mapping, Sequence

from catalog_client.change import Change
from catalog_client.client import CatalogClient
from catalog_client.errors import CatalogError
from catalog_client.server import Server
from catalog_client.snapshot import Snapshot

EXAMPLE = """example:
  python -m catalog_client http://127.0.0.1:8080 --watch

The API token it asks with is read from the environment variable CATALOG_TOKEN."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code: 1 when the catalog does not answer."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        _show(asked.url, watches=asked.watch, as_json=asked.json)
    except ValueError as error:
        parser.error(str(error))
    except CatalogError as error:
        sys.stderr.write(f"{asked.url}: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m catalog_client",
        description="Shows what a catalog holds.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("url", metavar="URL", help="where the catalog is")
    parser.add_argument("--watch", action="store_true", help="then show each change as it comes, until Ctrl-C")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


def _show(url: str, *, watches: bool, as_json: bool) -> None:
    snapshot = Server(url).whole().snapshot
    _say(_as_json(snapshot) if as_json else _in_words(snapshot))
    if watches:
        for change in CatalogClient(url).changes(snapshot.revision):
            _say(json.dumps(change.as_json()) if as_json else _change_in_words(change))


def _as_json(snapshot: Snapshot) -> str:
    return json.dumps({"revision": snapshot.revision, "tools": len(snapshot), "facets": snapshot.facets()})


def _in_words(snapshot: Snapshot) -> str:
    head = f"{len(snapshot)} tools at revision {snapshot.revision}"
    return "\n".join([head, *(f"{facet}: {_counts(values)}" for facet, values in snapshot.facets().items() if values)])


def _counts(values: Mapping[Hashable, int]) -> str:
    return ", ".join(f"{_value(value)} {count}" for value, count in values.items())


def _value(value: Hashable) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def _change_in_words(change: Change) -> str:
    because = f": {change.reason}" if change.reason else ""
    what = f"{change.tool_name} {change.version} {change.action} by {change.changed_by}"
    return f"{change.revision}  {change.changed_at:%Y-%m-%d %H:%M:%S}  {what}{because}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
