"""Writing YAML: what is written reads back equal, types included, and reads well."""

from pathlib import Path as FilePath

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from app.definitions import yaml_writer
from app.definitions.documents import read_yaml, write_yaml

SAMPLES = FilePath(__file__).parents[2].parent / "shared" / "samples"
FILES = [*SAMPLES.glob("profiles/**/*.yaml"), *SAMPLES.glob("other-formats/*.yaml")]

HIDDEN = "\x7f\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff"
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters=HIDDEN)
WORDS = [
    "",
    "null",
    "~",
    "true",
    "No",
    "on",
    "off",
    "y",
    "N",
    "1",
    "010",
    "1_0",
    "1:30",
    "1e3",
    "0x1f",
    ".5",
    "1.",
    "+1",
]
WORDS += [".inf", "1.0e+3", "2025-10-03", "=", "<<", "-", "---", "...", "? a", "a: b", "a #b"]
TEXTS = st.one_of(
    st.text(st.one_of(LETTERS, st.sampled_from("\n\t \u2028\u2029🔎")), max_size=20),
    st.text(st.sampled_from("\n\n \tab#:-'\"|>?{}[]&*!%@`,"), max_size=15),
    st.sampled_from(WORDS),
    st.just("a\r\nb\r\n"),
)
NUMBERS = st.integers(-(10**15) + 1, 10**15 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_whatever_is_written_reads_back_equal_types_and_order_included(data):
    # repr tells 1 from 1.0, "1" and True, 0.0 from -0.0, and one order of keys from another.
    assert repr(read_yaml(write_yaml(data)).data) == repr(data)


@settings(deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_other_programs_read_the_same(data):
    assert yaml.safe_load(write_yaml(data)) == data


@settings(deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_the_emitter_without_libyaml_is_as_good(data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_writer, "FAST", yaml_writer.KeepingDumper)
        assert repr(read_yaml(write_yaml(data)).data) == repr(data)


@pytest.mark.skipif(not FILES, reason="the samples are not beside the project")
def test_every_real_file_comes_back_equal():
    for file in FILES:
        data = read_yaml(file.read_bytes()).data
        assert repr(read_yaml(write_yaml(data)).data) == repr(data)


def test_a_definition_is_written_as_a_person_would():
    data = {
        "tool_name": "grep",
        "version": "1.0",
        "enabled": True,
        "description": "Suche nach Mustern – 🔎",
        "notes": "First line\n\n  indented\n",
        "tags": ["text", "no", "N"],
        "defaults": {},
        "limits": {"N": 1, "cost": 1.0, "none": None},
    }
    assert write_yaml(data) == (
        "tool_name: grep\n"
        'version: "1.0"\n'
        "enabled: true\n"
        "description: Suche nach Mustern – 🔎\n"
        "notes: |\n"
        "  First line\n"
        "\n"
        "    indented\n"
        'tags:\n- text\n- "no"\n- N\n'
        "defaults: {}\n"
        "limits:\n  N: 1\n  cost: 1.0\n  none: null\n"
    )


def test_a_long_line_is_never_broken():
    line = "a word and " * 200 + "the end"
    assert write_yaml({"a": line}) == f"a: {line}\n"


def test_a_value_that_occurs_twice_is_written_out_twice():
    shared = {"speed": 0.9}
    assert write_yaml({"a": shared, "b": [shared]}) == "a:\n  speed: 0.9\nb:\n- speed: 0.9\n"


@pytest.mark.parametrize("text", ["a\n\n", "a \nb", " a\nb", "\n", "a\r\nb", "a\u2028b\n"])
def test_a_text_that_a_block_would_blur_is_quoted(text):
    assert write_yaml({"a": text}).startswith('a: "')
    assert read_yaml(write_yaml({"a": text})).data == {"a": text}


@pytest.mark.parametrize("number", [float("inf"), float("nan"), 10**15, -(10**15)])
def test_a_number_that_could_not_be_read_again_is_not_written(number):
    with pytest.raises(ValueError, match=r"not a finite number|more than 15 digits"):
        write_yaml({"a": number})
