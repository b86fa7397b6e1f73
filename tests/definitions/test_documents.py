"""Strict reading of YAML and JSON: what is accepted, what is refused, and where the findings point."""

import json
from pathlib import Path as FilePath
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.definitions import yaml_reader
from app.definitions.documents import (
    DOCUMENT_LIMITS,
    Document,
    Limits,
    Position,
    UnreadableDocument,
    document_of,
    read_json,
    read_yaml,
)
from app.definitions.findings import Finding, Severity

SAMPLES = FilePath(__file__).parents[2].parent / "shared" / "samples"
HOSTILE = SAMPLES / "hostile" / "yaml"
INDEX = HOSTILE / "index.json"
VERDICTS = json.loads(INDEX.read_text(encoding="utf-8"))["samples"] if INDEX.exists() else []
SMALL = Limits(bytes=200, events=12, depth=3, scalar=20, key=10)


def refusal(read: Any, text: str | bytes, *args: Any, **options: Any) -> tuple[Finding, ...]:
    with pytest.raises(UnreadableDocument) as raised:
        read(text, *args, **options)
    return raised.value.findings


def codes(read: Any, text: str | bytes, *args: Any, **options: Any) -> list[str]:
    return [finding.code for finding in refusal(read, text, *args, **options)]


def verdict(text: bytes) -> tuple[str, str | None]:
    try:
        read_yaml(text)
    except UnreadableDocument as refused:
        return "reject", refused.findings[0].code
    return "accept", None


@pytest.mark.skipif(not VERDICTS, reason="the hostile samples are not beside the project")
@pytest.mark.parametrize("loader", [yaml_reader.LOADER, yaml.SafeLoader], ids=["libyaml", "pure"])
@pytest.mark.parametrize("sample", VERDICTS, ids=lambda sample: sample["file"])
def test_every_hostile_sample_gets_its_verdict_and_code(sample, loader, monkeypatch):
    monkeypatch.setattr(yaml_reader, "LOADER", loader)
    assert verdict((HOSTILE / sample["file"]).read_bytes()) == (sample["verdict"], sample["code"])


@pytest.mark.skipif(not VERDICTS, reason="the samples are not beside the project")
def test_real_files_read_as_other_readers_read_them():
    files = [*SAMPLES.glob("profiles/**/*.yaml"), *SAMPLES.glob("other-formats/*.yaml")]
    assert files
    for file in files:
        data = read_yaml(file.read_bytes()).data
        assert data == yaml.load(file.read_bytes(), Loader=yaml_reader.LOADER)
        assert read_json(json.dumps(data)).data == data


# Plain words


@pytest.mark.parametrize(
    ("written", "meaning"),
    [
        ("", None), ("~", None), ("null", None), ("Null", None), ("NULL", None), ("nULL", "nULL"),
        ("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False),
        ("tRUE", "tRUE"), ("y", "y"), ("N", "N"), ("n", "n"), ("Y", "Y"),
        ("0", 0), ("-0", 0), ("-17", -17), ("999999999999999", 999_999_999_999_999),
        ("0.5", 0.5), (".5", 0.5), ("1.", 1.0), ("-1.5e+3", -1500.0), ("2.0e-3", 0.002), ("1.0e-999", 0.0),
        ("2025-10-03", "2025-10-03"), ("2025-10-03 08:30:00", "2025-10-03 08:30:00"), ("=", "="),
        ("1.2.3", "1.2.3"), ("192.168.1.1", "192.168.1.1"), ("inf", "inf"), ("nan", "nan"), ("NaN", "NaN"),
        (".", "."), ("2000 + 0.5 * N", "2000 + 0.5 * N"), ("1,000", "1,000"), ("nobody", "nobody"),
    ],
)  # fmt: skip
def test_a_plain_word_means_what_all_readers_agree_on(written, meaning):
    value = read_yaml(f"a: {written}").data["a"]
    assert (type(value), value) == (type(meaning), meaning)


@pytest.mark.parametrize("word", ["yes", "Yes", "YES", "yEs", "no", "on", "ON", "off", "Off"])
def test_an_ambiguous_boolean_is_refused_with_its_quoted_text(word):
    (finding,) = refusal(read_yaml, f"a: {word}")
    assert (finding.code, finding.path, finding.suggestion) == ("ambiguous-boolean", ("a",), f'"{word}"')
    assert "quote it" in finding.message


@pytest.mark.parametrize(
    ("written", "suggestion"),
    [
        ("010", '"010"'), ("08", '"08"'), ("0x1F", '"0x1F"'), ("0o7", '"0o7"'), ("0b11", '"0b11"'),
        ("1_000", "1000"), ("1:30", '"1:30"'), ("1:30.5", '"1:30.5"'), ("08:30", '"08:30"'), ("1e3", "1000.0"),
        ("1.5e3", "1500.0"), ("+1", "1"), ("+1.5", "1.5"), ("-.5", '"-.5"'), ("1e400", '"1e400"'),
        ("1234567890123456", '"1234567890123456"'), ("-1234567890123456", '"-1234567890123456"'),
    ],
)  # fmt: skip
def test_an_ambiguous_number_is_refused_with_a_plain_or_quoted_suggestion(written, suggestion):
    (finding,) = refusal(read_yaml, f"a: {written}")
    assert (finding.code, finding.suggestion) == ("ambiguous-number", suggestion)
    assert read_yaml(f"a: {finding.suggestion}").data


@pytest.mark.parametrize("written", [".inf", "-.INF", "+.Inf", ".nan", ".NaN", "1.0e+999", "-1.0e+999"])
def test_numbers_that_are_not_finite_are_refused(written):
    assert codes(read_yaml, f"a: {written}") == ["not-finite"]


@pytest.mark.parametrize("text", ['"no"', "'010'", '"1:30"', '".inf"', '"null"', '"<<"', '"true"'])
def test_quoted_words_are_text_as_values_and_as_keys(text):
    assert read_yaml(f"a: {text}\n{text}: b\n").data == {"a": text[1:-1], text[1:-1]: "b"}


# Keys


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("~", "non-string-key"), ("null", "non-string-key"), ("1", "non-string-key"), ("1.5", "non-string-key"),
        ("true", "non-string-key"), ("? [a]\n", "non-string-key"), ("? {a: b}\n", "non-string-key"),
        ("no", "ambiguous-boolean"), ("010", "ambiguous-number"), (".inf", "not-finite"), ("<<", "merge-key"),
    ],
)  # fmt: skip
def test_a_key_must_be_a_string_that_means_a_string(key, code):
    assert codes(read_yaml, f"{key}: x") == [code]


def test_a_key_of_digits_is_mended_by_quoting_it():
    (finding,) = refusal(read_yaml, "a:\n  404: x")
    assert (finding.path, finding.line, finding.column, finding.suggestion) == (("a", "404"), 2, 3, '"404"')


@pytest.mark.parametrize(
    ("read", "text"), [(read_yaml, "b:\n  a: 1\n  a: 2"), (read_json, '{"b":{\n  "a": 1,\n  "a": 2}}')]
)
def test_a_duplicate_key_is_found_at_its_second_place_and_names_the_first(read, text):
    (finding,) = refusal(read, text)
    assert (finding.code, finding.path, finding.line, finding.column) == ("duplicate-key", ("b", "a"), 3, 3)
    assert "line 2" in finding.message


def test_the_same_key_may_stand_in_two_maps():
    assert read_yaml("a: {x: 1}\nb: {x: 1}").data == {"a": {"x": 1}, "b": {"x": 1}}


# Limits


@pytest.mark.parametrize(
    ("yaml_text", "json_text", "code"),
    [
        ("a: " + "x " * 120, '{"a": "' + "x" * 220 + '"}', "too-large"),
        ("a: [1, 2, 3, 4, 5, 6, 7, 8]", '{"a": [1, 2, 3, 4, 5, 6, 7, 8]}', "too-many-events"),
        ("a: [[[1]]]", '{"a": [[[1]]]}', "too-deep"),
        ("a: " + "x" * 21, '{"a": "' + "x" * 21 + '"}', "scalar-too-long"),
        ("k" * 11 + ": a", '{"' + "k" * 11 + '": "a"}', "key-too-long"),
    ],
)
def test_every_limit_holds_for_both_syntaxes(yaml_text, json_text, code):
    assert codes(read_yaml, yaml_text, SMALL) == [code]
    assert codes(read_json, json_text, SMALL) == [code]


def test_what_just_meets_the_limits_is_read():
    text = json.dumps({"k" * 10: ["x" * 20, [1, 2, 3]]})
    assert read_yaml(text, SMALL) == Document(json.loads(text), read_json(text, SMALL).positions)


def test_size_is_counted_in_bytes_and_before_decoding():
    assert codes(read_yaml, "a: " + "ä" * 100, SMALL) == ["too-large"]
    assert codes(read_yaml, b"\xff" * 201, SMALL) == ["too-large"]


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_yaml, "x: " + "[" * 200_000),
        (read_yaml, "x: " + "{a: " * 60_000),
        (read_yaml, "- " * 130_000),
        (read_json, '{"x":' + "[" * 200_000),
        (read_json, '{"a":' * 50_000),
    ],
)
def test_deep_nesting_is_refused_before_it_costs_anything(read, text):
    assert codes(read, text) == ["too-deep"]


def test_the_documented_limits_are_the_default():
    assert Limits(262_144, 20_000, 32, 65_536, 256) == DOCUMENT_LIMITS


# Characters and encodings

HIDDEN = ["\x00", "\x08", "\x1b", "\x7f", "\x85", "\x9f", "\u061c", "\u200e", "\u202e", "\u2066", "\u2069", "\ufffe"]


@pytest.mark.parametrize("character", [*HIDDEN, "\ufeff", "\ud800", "\r"], ids=lambda text: f"U+{ord(text):04X}")
@pytest.mark.parametrize("read", [read_yaml, read_json])
def test_a_control_or_bidi_character_is_refused_where_it_stands(read, character):
    text = f'{{"a": "b",\n "c": "d{character}e"}}'
    (finding,) = refusal(read, text)
    assert (finding.code, finding.line, finding.column) == ("control-character", 2, 9)


@pytest.mark.parametrize("read", [read_yaml, read_json])
@pytest.mark.parametrize("escape", ["\\u0000", "\\u001b", "\\u202e", "\\ufeff", "\\r", "\\u0085"])
def test_an_escaped_control_character_is_refused_too(read, escape):
    (finding,) = refusal(read, f'{{"a": {{"b": "{escape}"}}}}')
    assert (finding.code, finding.path, finding.line) == ("control-character", ("a", "b"), 1)


def test_a_lone_surrogate_escape_is_refused_and_a_pair_is_read():
    assert codes(read_json, '{"a": "\\ud83d"}') == ["control-character"]
    assert read_json('{"a": "\\ud83d\\udd0e"}').data == {"a": "🔎"}


def test_line_separators_are_refused_in_yaml_where_readers_differ_and_read_in_json():
    assert codes(read_yaml, 'a: "b\u2028c"') == ["control-character"]
    assert read_yaml('a: "b\\u2028c"').data == read_json('{"a": "b\u2028c"}').data == {"a": "b\u2028c"}


@pytest.mark.parametrize(("read", "text"), [(read_yaml, "a: 1\r\nb: 2\r\n"), (read_json, '{"a": 1,\r\n"b": 2}\r\n')])
def test_windows_line_ends_and_a_leading_byte_order_mark_are_read(read, text):
    document = read(b"\xef\xbb\xbf" + text.encode())
    assert document.data == {"a": 1, "b": 2}
    assert document.positions[("b",)] == Position(2, 1)


@pytest.mark.parametrize("source", [b"a: \xff", "a: ä".encode("latin-1"), b"a: \xed\xa0\x80", "a: b".encode("utf-16")])
@pytest.mark.parametrize("read", [read_yaml, read_json])
def test_other_encodings_are_refused_at_their_first_byte(read, source):
    (finding,) = refusal(read, source)
    assert (finding.code, finding.line) == ("not-utf8", 1)


def test_the_column_of_a_bad_byte_counts_characters():
    (finding,) = refusal(read_yaml, "a: 1\nb: äö".encode() + b"\xff")
    assert (finding.line, finding.column) == (2, 6)


# Positions and findings


@pytest.mark.parametrize(
    ("read", "text"),
    [(read_yaml, "a:\n  - x\n  - k: v\nb: ä\n"), (read_json, '{"a":\n  [ "x",\n    {"k": "v"}],\n"b": "ä"}')],
)
def test_positions_are_those_of_keys_and_items(read, text):
    found = read(text).positions
    lines = {path: place.line for path, place in found.items()}
    first = 1
    assert lines == {(): first, ("a",): first, ("a", 0): 2, ("a", 1): 3, ("a", 1, "k"): 3, ("b",): 4}
    assert found[("b",)] == Position(4, 1)


def test_position_of_falls_back_to_the_nearest_ancestor():
    document = read_yaml("a:\n  b: 1\n")
    assert document.position_of(("a", "b", "nowhere", 3)) == Position(2, 3)
    assert document.position_of(("nowhere",)) == Position(1, 1)


def test_data_given_as_data_has_no_positions():
    document = document_of({"a": 1})
    assert document.data == {"a": 1}
    assert document.position_of(("a",)) is None


def test_harmless_problems_are_told_together_in_order():
    text = "a: no\nb: 010\na: 1\n404: x\nc: .inf\n"
    found = [(finding.code, finding.line, finding.column) for finding in refusal(read_yaml, text)]
    assert found == [
        ("ambiguous-boolean", 1, 4),
        ("ambiguous-number", 2, 4),
        ("duplicate-key", 3, 1),
        ("non-string-key", 4, 1),
        ("not-finite", 5, 4),
    ]


def test_a_list_of_problems_ends_at_twenty():
    assert len(refusal(read_yaml, "a: [" + "no, " * 100 + "]")) == 20


def test_the_refusal_reads_like_a_compiler_message():
    with pytest.raises(UnreadableDocument, match=r"^1:4: “no” reads as false in some programs"):
        read_yaml("a: no")


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "# nothing\n", "---\n", "---\n...\n"])
def test_a_document_with_nothing_in_it_is_empty(text):
    assert codes(read_yaml, text) == ["empty"]


@pytest.mark.parametrize("text", ["", "  \n "])
def test_a_json_text_with_nothing_in_it_is_empty(text):
    assert codes(read_json, text) == ["empty"]


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a: b: c", "syntax", (1, 5)),
        ("a: [1, 2", "syntax", (2, 1)),
        ("a: 1\nb: 'open", "syntax", (2, 4)),
        ("\ta: b", "syntax", (1, 1)),
        ("a: b\n...\nfoo", "syntax", (3, 1)),
        ("a: !x!y z", "tag", (1, 4)),
        ("a: ! b", "tag", (1, 4)),
        ("a: b\n---\n", "multiple-documents", (2, 1)),
        ("%YAML 1.1\n---\na: 1", "directive", (1, 1)),
        ("a: b\nc: *d", "alias", (2, 4)),
        ("a: &b {c: d}", "anchor", (1, 4)),
        ("just text", "root-not-mapping", (1, 1)),
    ],
)
def test_refused_yaml_says_where(text, code, place):
    (finding,) = refusal(read_yaml, text)
    assert (finding.code, finding.severity) == (code, Severity.ERROR)
    assert (finding.line, finding.column) == place


# JSON


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ('{"a": 1} x', 10), ('{"a": 1}{}', 9), ('{"a" 1}', 6), ('{"a": 1,}', 9), ('{"a": [1,]}', 10), ("{a: 1}", 2),
        ("{1: 2}", 2), ('{"a": 01}', 8), ('{"a": .5}', 7), ('{"a": +1}', 7), ('{"a": True}', 7), ('{"a": "b', 7),
        ('{"a": "\\x"}', 8), ('{"a": "\t"}', 8), ('{"a": [1}', 9), ('{"a": 1]', 8), ('{"a": }', 7), ("{", 2), (",", 1),
        ("{'a': 1}", 2), ('{"a": 1 // c\n}', 9), ("]", 1), ('{"a": 1:', 8),
    ],
)  # fmt: skip
def test_what_is_not_json_is_a_syntax_error_where_it_begins(text, column):
    (finding,) = refusal(read_json, text)
    assert (finding.code, finding.line, finding.column) == ("syntax", 1, column)


@pytest.mark.parametrize(
    ("written", "meaning"),
    [
        ("0", 0),
        ("-7", -7),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        ("1E-2", 0.01),
        ("true", True),
        ("null", None),
        ('"\\n"', "\n"),
    ],
)
def test_json_values_keep_their_types(written, meaning):
    value = read_json(f'{{"a": {written}}}').data["a"]
    assert (type(value), value) == (type(meaning), meaning)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("NaN", "not-finite"), ("Infinity", "not-finite"), ("-Infinity", "not-finite"), ("1e999", "not-finite"),
        ("1234567890123456", "ambiguous-number"),
    ],
)  # fmt: skip
def test_json_numbers_are_finite_and_exact(written, code):
    (finding,) = refusal(read_json, f'{{"a": {written}}}')
    assert (finding.code, finding.path, finding.column, finding.suggestion) == (code, ("a",), 7, f'"{written}"')


def test_a_json_list_is_read_only_where_asked_for():
    assert codes(read_json, "[1]") == ["root-not-mapping"]
    assert read_json('[{"a": 1}]', root_may_be_list=True).data == [{"a": 1}]
    assert codes(read_json, "1", root_may_be_list=True) == ["root-not-mapping"]


# Any text at all

SIGNS = "{}[]:,\"'\\ \n\t-?!&*#%|>~<=@.0123456789eyno_+ab\ud800\u202e\r\x00ü🔎"
STRUCTURED = st.text(st.sampled_from(SIGNS), max_size=60)
SOURCES = st.one_of(st.text(max_size=60), STRUCTURED, st.binary(max_size=60), STRUCTURED.map(lambda text: "a: " + text))


def outcome(read: Any, source: str | bytes) -> Document | tuple[Finding, ...]:
    try:
        return read(source)
    except UnreadableDocument as refused:
        return refused.findings


def is_well_answered(answer: Document | tuple[Finding, ...]) -> bool:
    """A map, or at least one finding, each with its place."""
    if isinstance(answer, Document):
        return isinstance(answer.data, dict) and () in answer.positions
    return bool(answer) and all((finding.line or 0) >= 1 and (finding.column or 0) >= 1 for finding in answer)


@settings(deadline=None)
@given(SOURCES)
def test_any_text_is_read_or_refused_with_places(source):
    assert is_well_answered(outcome(read_yaml, source))
    assert is_well_answered(outcome(read_json, source))


@settings(deadline=None)
@given(STRUCTURED)
@example('a: "\\UFFFFFFFF"')
@example("%YAML 1." + "9" * 5000 + "\n---\na: 1")
def test_the_pure_parser_lets_no_other_error_through(source):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_reader, "LOADER", yaml.SafeLoader)
        assert is_well_answered(outcome(read_yaml, source))


JSON_TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=12)
JSON_NUMBERS = st.integers(-(10**15) + 1, 10**15 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | JSON_NUMBERS | JSON_TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(JSON_TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b", "no"]), JSON_VALUES, max_size=3), st.sampled_from([None, 2]))
def test_json_is_read_as_the_standard_library_reads_it(data, indent):
    assert repr(read_json(json.dumps(data, indent=indent)).data) == repr(data)
