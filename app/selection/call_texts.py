"""A request as a program sends it, to be copied: with curl, and with the Python client. Pure."""

import json
from typing import Any

from app.selection.request import SelectionRequest


def as_curl(request: SelectionRequest, address: str) -> str:
    """A shell command that sends a request to the JSON face at an address."""
    body = json.dumps(_said(request), ensure_ascii=False)
    return "\n".join(
        (
            f"curl {_quoted(address)} \\",
            '  -H "Authorization: Bearer $CATALOG_TOKEN" \\',
            "  -H 'Content-Type: application/json' \\",
            f"  -d {_quoted(body)}",
        )
    )


def as_python(request: SelectionRequest, url: str) -> str:
    """Lines of Python that send a request to the catalog at a URL; the client takes its token from the environment."""
    arguments = [f"    {name}={_literal(value)}," for name, value in _said(request).items()]
    return "\n".join(
        (
            "from catalog_client import CatalogClient",
            "",
            f"client = CatalogClient({_literal(url)})",
            "answer = client.select(",
            *arguments,
            ")",
        )
    )


def _said(request: SelectionRequest) -> dict[str, Any]:
    return request.model_dump(mode="json", exclude_defaults=True)


def _quoted(text: str) -> str:
    """A text as one word of a shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def _literal(value: object) -> str:
    # JSON's texts, numbers, lists and maps are Python's too; a request holds nothing else.
    return json.dumps(value, ensure_ascii=False)
