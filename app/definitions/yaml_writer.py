"""Data to YAML text for people: block style, keys in order, lines of text as blocks, quotes where they are needed."""

import math
import re
from collections.abc import Mapping
from typing import Any

import yaml
from yaml.representer import SafeRepresenter
from yaml.resolver import Resolver

from app.definitions.plain_scalars import MOST_DIGITS, plain_value

UNLIMITED = 1 << 30
TEXT_TAG = "tag:yaml.org,2002:str"
# libyaml writes everything beyond the basic plane as an escape; PyYAML's own emitter, ten times slower, keeps it.
ESCAPED = re.compile(r"\\U[0-9A-F]{8}")
OTHER_BREAKS = re.compile("[\r\x85\u2028\u2029]")
# A block needs odd indicators for leading blanks and several newlines at the end, and editors strip trailing blanks.
UNFIT_FOR_BLOCK = re.compile(r"\A\s|[ \t]$|\n\n\Z", re.MULTILINE)


def write_yaml(data: Mapping[str, Any]) -> str:
    """Write data so that `read_yaml` gives back an equal document, types included.

    Raises:
        ValueError: a number is not finite, or whole with more than 15 digits.
        yaml.representer.RepresenterError: a value is no text, number, bool, None, list or dict.
    """
    written = _dumped(data, FAST)
    return _dumped(data, KeepingDumper) if ESCAPED.search(written) else written


class _Representing(SafeRepresenter, Resolver):
    """How values are represented, whichever emitter writes them."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value out each time it occurs: our reader refuses aliases."""
        return True

    def text(self, text: str) -> yaml.ScalarNode:
        return self.represent_scalar(TEXT_TAG, text, style=self._style(text))

    def whole(self, number: int) -> yaml.ScalarNode:
        if abs(number) >= 10**MOST_DIGITS:
            raise ValueError(f"a whole number of more than {MOST_DIGITS} digits cannot be written: {number}")
        return self.represent_int(number)

    def decimal(self, number: float) -> yaml.ScalarNode:
        if not math.isfinite(number):
            raise ValueError(f"not a finite number: {number}")
        return self.represent_float(number)

    def _style(self, text: str) -> str | None:
        if OTHER_BREAKS.search(text):
            return '"'
        if "\n" in text:
            return '"' if UNFIT_FOR_BLOCK.search(text) else "|"
        tag = self.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
        return None if plain_value(text) == text and tag == TEXT_TAG else '"'


_Representing.add_representer(str, _Representing.text)
_Representing.add_representer(int, _Representing.whole)
_Representing.add_representer(float, _Representing.decimal)


class KeepingDumper(_Representing, yaml.SafeDumper):
    """Keeps every character, slowly."""


class FastDumper(_Representing, getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes with libyaml where there is one."""


FAST: type[_Representing] = FastDumper


def _dumped(data: Mapping[str, Any], dumper: type[_Representing]) -> str:
    written = yaml.dump(
        dict(data), Dumper=dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=UNLIMITED
    )
    return str(written)
