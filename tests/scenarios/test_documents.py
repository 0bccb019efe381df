"""Reading YAML: what is refused, and what is said about it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import yaml

from scenarios import yaml_reader
from scenarios.documents import Document, parse_document, read_document
from scenarios.problems import InputError


def problems_of(text: bytes | str) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_document(text, "a.yaml")
    return [str(problem) for problem in caught.value.problems]


REFUSED = {
    "nothing": ("", ["a.yaml:1:1: the file is empty"]),
    "only a comment": ("# nothing\n", ["a.yaml:1:1: the file is empty"]),
    "unclosed list": (
        "a:\n  - [1\nb: 2\n",
        ["a.yaml:3:2: not valid YAML: did not find expected ',' or ']', while parsing a flow sequence "
         "that began in line 2"],
    ),
    "tab as indentation": (
        "a:\n\tb: 1\n",
        ["a.yaml:2:1: not valid YAML: found character that cannot start any token; text that begins so wants quotes, "
         "and indentation is made of spaces"],
    ),
    "duplicate keys, all of them": (
        "a: 1\nb: {c: 1, c: 2}\na: 3\na: 4\n",
        ['a.yaml:2:11: b: duplicate key "c" (first in line 2)', 'a.yaml:3:1: duplicate key "a" (first in line 1)',
         'a.yaml:4:1: duplicate key "a" (first in line 1)'],
    ),
    "merge key": ("x: {<<: {a: 1}}\n", ["a.yaml:1:5: x: merge keys (<<) are not read; write the keys out"]),
    "null key": ("~: 1\n", ["a.yaml:1:1: a key must not be null (expected text)"]),
    "empty key": ("?\n: 1\n", ["a.yaml:1:2: a key must not be null (expected text)"]),
    "list as key": ("a:\n  ? [1, 2]\n  : 3\n", ["a.yaml:2:5: a: a key must be text (got a mapping or a list)"]),
    "alias of a list as key": (
        "a: &x [1]\n*x : 2\n",
        ["a.yaml:2:1: a key must be text (got an alias of something else)"],
    ),
    "unknown tags": (
        "a: !secret b\nc: !!python/object:os.system {}\nd: !!timestamp 2025-01-01\n",
        ["a.yaml:1:4: a: unknown tag !secret (expected none: types follow from the model)",
         "a.yaml:2:4: c: unknown tag !!python/object:os.system (expected none: types follow from the model)",
         "a.yaml:3:4: d: unknown tag !!timestamp (expected none: types follow from the model)"],
    ),
    "tag that lies": ("a: !!int ten\n", ['a.yaml:1:4: a: not what its tag says (got "ten"; expected int)']),
    "second document": ("a: 1\n---\nb: 2\n", ["a.yaml:2:1: a second document begins here (expected one a file)"]),
    "unknown alias": ("a: *b\n", ["a.yaml:1:4: a: alias *b names no anchor"]),
    "alias of its own surroundings": (
        "a: &a\n  b: [*a]\n",
        ["a.yaml:2:7: a.b[0]: alias *a repeats a part that it stands in itself"],
    ),
    "numbers that are none": (
        "a: .nan\nb: -.inf\nc: 1e999\nd: 123456789012345678901234567890\n",
        ['a.yaml:1:4: a: not a number that can be used (got ".nan"; expected a finite one)',
         'a.yaml:2:4: b: not a number that can be used (got "-.inf"; expected a finite one)',
         'a.yaml:3:4: c: not a number that can be used (got "1e999"; expected a finite one)',
         'a.yaml:4:4: d: not a number that can be used (got "123456789012345678901234567890"; expected a finite one)'],
    ),
    "control characters": (
        "a: b\x07c\nd: \x1b[31m\n",
        ["a.yaml:1:5: control character U+0007", "a.yaml:2:4: control character U+001B"],
    ),
    "escaped control character": ('a: "\\e[31m"\n', ["a.yaml:1:4: a: control character U+001B in text"]),
    "Latin-1": ("title: Grün\n".encode("latin-1"), ["a.yaml:1:10: not UTF-8 text (got byte 0xfc)"]),
    "UTF-16": ("a: 1\n".encode("utf-16"), ["a.yaml:1:1: not UTF-8 text (got byte 0xff)"]),
    "too large": ("#" * 1_048_577, ["a.yaml: the file is too large (expected at most 1 MiB)"]),
    "too deep": ("[" * 50_000, ["a.yaml:1:41: nested too deeply (expected at most 40 levels)"]),
    "too deep by an alias": (
        "a: &a " + "[" * 30 + "]" * 30 + "\nb: " + "[" * 15 + "*a" + "]" * 15 + "\n",
        ["a.yaml:2:19: nested too deeply (expected at most 40 levels)"],
    ),
    "alias bomb": (
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)),
        ["a.yaml:5:55: too many values, repeated ones included (expected at most 100,000)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_bad_yaml_is_told_with_its_place(text: bytes | str, expected: list[str]) -> None:
    assert problems_of(text) == expected


def test_scalars_follow_the_core_schema_of_yaml_1_2() -> None:
    text = """
        on: yes
        off: no
        booleans: [true, False]
        nulls: [null, ~, ]
        numbers: [10, -3, +4, 010, 0o17, 0x1F, 1.5, .5, 1., 1e3, -2.5E-1]
        texts: [12:30:45, 2025-08-09, 1_000, 0b1, "10", 'true', 5m, 1e, .x, "~"]
        200: !!float 1
    """
    assert parse_document(text, "a.yaml").data == {
        "on": "yes",
        "off": "no",
        "booleans": [True, False],
        "nulls": [None, None],
        "numbers": [10, -3, 4, 10, 15, 31, 1.5, 0.5, 1.0, 1000.0, -0.25],
        "texts": ["12:30:45", "2025-08-09", "1_000", "0b1", "10", "true", "5m", "1e", ".x", "~"],
        "200": 1.0,
    }


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    document = parse_document(b"\xef\xbb\xbfa: 1\n", "a.yaml")
    assert document.data == {"a": 1}
    assert document.place(("a",)) == ("a.yaml", 1, 4)


def test_aliases_repeat_values_and_problems_in_them_stand_at_the_anchor() -> None:
    document = parse_document("a: &x {k: [1, 2]}\nb: *x\n", "a.yaml")
    assert document.data == {"a": {"k": [1, 2]}, "b": {"k": [1, 2]}}
    assert str(document.problem(("b", "k", 1), "wrong")) == "a.yaml:1:15: b.k[1]: wrong"


class TestProblem:
    @pytest.fixture
    def document(self) -> Document:
        return parse_document("faults:\n  - kind: down\n    on: api\npeople:\n  a.b: {}\n", "a.yaml")

    def test_it_stands_at_the_value(self, document: Document) -> None:
        problem = document.problem(("faults", 0, "kind"), "unknown kind", got="down", expected="late")
        assert str(problem) == 'a.yaml:2:11: faults[0].kind: unknown kind (got "down"; expected late)'

    def test_it_stands_at_the_key_where_that_is_wrong(self, document: Document) -> None:
        problem = document.problem(("faults", 0, "on"), "unknown key", at_key=True)
        assert str(problem) == "a.yaml:3:5: faults[0].on: unknown key"

    def test_it_stands_at_the_nearest_parent_of_what_is_not_there(self, document: Document) -> None:
        problem = document.problem(("faults", 0, "at", "x"), "missing")
        assert str(problem) == "a.yaml:2:5: faults[0].at.x: missing"

    def test_keys_with_dots_are_quoted_in_paths(self, document: Document) -> None:
        assert str(document.problem(("people", "a.b"), "x")) == 'a.yaml:5:8: people["a.b"]: x'

    def test_values_are_shortened(self, document: Document) -> None:
        problem = document.problem(("faults",), "x", got="long " * 100)
        assert str(problem).endswith(f'(got "{("long " * 100)[:57]}…")')
        assert str(document.problem((), "x", got=document.data)).endswith("(got a mapping with 2 keys)")

    def test_an_overridden_value_names_the_override_and_the_old_document_is_unchanged(self, document: Document) -> None:
        changed = document.overridden(("faults", 0, "kind"), "late", "--set faults.0.kind=late")
        assert changed.at("faults", 0, "kind") == "late"
        assert document.at("faults", 0, "kind") == "down"
        problem = changed.problem(("faults", 0, "kind"), "wrong", got="late")
        assert str(problem) == '--set faults.0.kind=late: faults[0].kind: wrong (got "late")'


class TestFiles:
    def test_a_missing_file_is_a_problem(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"^gone.yaml: there is no such file$"):
            read_document(tmp_path / "gone.yaml", "gone.yaml")

    def test_a_folder_is_a_problem(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"^here: this is a folder \(expected a file\)$"):
            read_document(tmp_path, "here")

    def test_a_path_that_the_system_refuses_is_a_problem(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"^x: the file cannot be read: "):
            read_document(tmp_path / ("x" * 5000), "x")
        with pytest.raises(InputError, match=r"^x: the file cannot be read: "):
            read_document(tmp_path / "a\0b", "x")

    def test_the_digest_is_of_the_bytes(self, tmp_path: Path) -> None:
        file = tmp_path / "a.yaml"
        file.write_bytes(b"a: 1\n")
        assert read_document(file).sha256 == hashlib.sha256(b"a: 1\n").hexdigest()


def test_without_libyaml_the_same_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML may come without its C extension."""
    text = "a: &x [1, {b: c}]\nd: *x\na: 2\n"
    with_c = problems_of(text)
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert type(next(iter(yaml_reader.events_of("a: 1")))).__name__ == "StreamStartEvent"
    assert problems_of(text) == with_c == ['a.yaml:3:1: duplicate key "a" (first in line 1)']
    assert problems_of("[" * 2000) == ["a.yaml:1:41: nested too deeply (expected at most 40 levels)"]
