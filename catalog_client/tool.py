"""A tool as orchestrators see it: its latest version, whole and read-only."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

FACETS = ("platform", "category", "status", "enabled", "tag", "capability", "owner")


@dataclass(frozen=True, slots=True)
class Tool:
    """The latest version of one tool.

    Attributes:
        platform, category: None only for a draft that does not say.
        capabilities: the names of those it has a pattern for.
        revision: of the catalog when it was last changed; 0 for one read from a file.
        definition: the whole tool as `GET /api/v1/tools/<name>` answers it; read-only through and through.
    """

    name: str
    version: str
    description: str
    platform: str | None
    category: str | None
    status: str
    enabled: bool
    owner: str | None
    tags: tuple[str, ...]
    capabilities: tuple[str, ...]
    revision: int
    definition: Mapping[str, Any] = field(repr=False, hash=False)

    @classmethod
    def of(cls, whole: Mapping[str, Any]) -> "Tool":
        """Make it of the whole tool, as the catalog's JSON has it.

        Raises:
            ValueError: this is no such thing.
        """
        metadata = _mapping(whole.get("metadata"))
        return cls(
            name=_expected(whole, "tool_name", str),
            version=_expected(whole, "version", str),
            description=_text(whole.get("description")) or "",
            platform=_text(whole.get("platform")),
            category=_text(whole.get("category")),
            status=_expected(whole, "status", str),
            enabled=_expected(whole, "enabled", bool),
            owner=_text(whole.get("owner")),
            tags=_texts(metadata.get("tags")),
            capabilities=_capabilities(_mapping(whole.get("capabilities"))),
            revision=_expected(whole, "revision", int),
            definition=_read_only(whole),
        )

    @property
    def key(self) -> str:
        """Its name as names are compared: ignoring case."""
        return self.name.lower()

    @property
    def is_offered(self) -> bool:
        """Whether orchestrators may choose it: enabled and active."""
        return self.enabled and self.status == "active"

    def facet(self, name: str) -> tuple[Hashable, ...]:
        """The values under which one of FACETS counts it."""
        match name:
            case "tag":
                return self.tags
            case "capability":
                return self.capabilities
            case _:
                value = getattr(self, name)
                return () if value is None else (value,)

    def whole(self) -> dict[str, Any]:
        """The definition as plain dicts and lists of your own: to change, to send, to store as JSON."""
        return {key: _plain(value) for key, value in self.definition.items()}

    def __reduce__(self) -> tuple[object, tuple[dict[str, Any]]]:
        """Tools travel between processes, though their read-only maps cannot."""
        return Tool.of, (self.whole(),)


def _expected(whole: Mapping[str, Any], key: str, kind: type) -> Any:
    value = whole.get(key)
    # True is an int to Python, and no revision.
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"a tool's {key} is a {kind.__name__}, not {str(value)[:50]!r}")
    return value


def _capabilities(capabilities: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name, one in capabilities.items() if _mapping(_mapping(one).get("patterns")))


def _texts(value: object) -> tuple[str, ...]:
    """The texts in a list, each once, in the author's order."""
    return tuple(dict.fromkeys(one for one in value if isinstance(one, str))) if isinstance(value, list | tuple) else ()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _read_only(value: Any) -> Any:
    """The same data with read-only maps for maps, and tuples for lists."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: _read_only(one) for key, one in value.items()})
    if isinstance(value, list | tuple):
        return tuple(map(_read_only, value))
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value
