"""The templates of messages: what each says, what may stand in its place, and what the sandbox refuses."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drills.response.templates import (
    CHAT_ALERT,
    CHAT_UPDATE,
    CUSTOMER_EMAIL,
    CUSTOMER_NOTICE,
    FIELDS,
    FOLDER,
    HTML,
    IN_APP,
    compile_templates,
    subject,
)
from drills.runner import prepare
from scenarios.problems import InputError

PROCEDURE = Path(__file__).parents[4] / "shared" / "procedure"
needs_procedure = pytest.mark.skipif(
    not PROCEDURE.is_dir() and not os.environ.get("CI"), reason="the procedure's own files are not here"
)


def problems(text: str, name: str = IN_APP) -> list[str]:
    """What is wrong with a template of an organisation's own."""
    try:
        compile_templates({name: ("own.j2", text)})
    except InputError as error:
        return [str(problem) for problem in error.problems]
    return []


def filled(name: str, **fields: str) -> str:
    return compile_templates({}).render(name, {field: fields.get(field, f"[{field}]") for field in FIELDS[name]})


def test_every_template_of_the_program_has_a_row_of_fields_and_the_other_way_round() -> None:
    assert {file.name for file in FOLDER.iterdir()} == set(FIELDS)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_the_programs_own_templates_pass_the_checks_that_others_have_to_pass(name: str) -> None:
    assert problems((FOLDER / name).read_text(encoding="utf-8"), name) == []


@pytest.mark.parametrize("name", [name for name in sorted(FIELDS) if name not in (CUSTOMER_NOTICE, IN_APP)])
def test_every_field_of_a_template_is_said(name: str) -> None:
    """But for those that an own template may want beside what the program's says."""
    text = filled(name)
    unsaid = {field for field in FIELDS[name] if f"[{field}]" not in text}
    assert unsaid <= {"title"}


@needs_procedure
def test_the_letter_has_the_fields_and_the_parts_of_the_procedures_letter() -> None:
    theirs = (PROCEDURE / "customer-email.html").read_text(encoding="utf-8")
    assert set(re.findall(r"\{(\w+)\}", theirs)) | {"organization"} == set(FIELDS[CUSTOMER_EMAIL])
    ours = (FOLDER / CUSTOMER_EMAIL).read_text(encoding="utf-8")
    tags = [[tag for tag in re.findall(r"<(/?\w+)", text) if tag != "meta"] for text in (theirs, ours)]
    assert tags[0] == tags[1]
    places = [[text.index(field) for field in re.findall(r"\{(\w+)\}", theirs)] for text in (theirs, ours)]
    assert places[0][3:] == sorted(places[0][3:]) and places[1][3:] == sorted(places[1][3:])


@needs_procedure
@pytest.mark.parametrize(
    ("name", "opening", "labels"),
    [
        (CHAT_ALERT, "INCIDENT ALERT", ["Severity", "Impact", "Status", "Commander", "War Room", "Updates"]),
        (CHAT_UPDATE, "INCIDENT UPDATE", ["Status", "Impact", "Progress", "Next Steps", "ETA", "Need Help?"]),
    ],
)
def test_the_teams_messages_have_the_lines_of_the_procedures_in_their_order(
    name: str, opening: str, labels: list[str]
) -> None:
    procedure = (PROCEDURE / "incident-response-procedure.md").read_text(encoding="utf-8")
    block = procedure[procedure.index(opening) :].split("```")[0]
    assert re.findall(r"\*\*([^*:]+\??)\*\*:", block)[: len(labels)] == labels
    said = re.findall(r"^\*([^*:]+\??)\*", filled(name), re.MULTILINE)
    assert [label.lower() for label in said][: len(labels)] == [label.lower() for label in labels]


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_no_field_of_a_template_can_be_misspelt_unseen(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    for field in FIELDS[name]:
        changed = re.sub(rf"\b{field}(?= [}}%]}})", f"{field}s", text)
        lines = [number for number, line in enumerate(changed.splitlines(), start=1) if f"{field}s " in line]
        told = problems(changed, name)
        assert [int(problem.split(":")[1]) for problem in told] == (lines if changed != text else [])
        assert all(f'unknown field "{field}s"; did you mean "{field}"?' in problem for problem in told)


MARKUP = '<script src="//x">\'&'


@pytest.mark.parametrize("name", [name for name in sorted(FIELDS) if name.endswith(HTML)])
def test_markup_in_a_field_is_text_in_a_letter(name: str) -> None:
    for field in FIELDS[name]:
        text = filled(name, **{field: MARKUP})
        assert MARKUP not in text
        assert "<script" not in text


def test_markup_in_a_field_stays_as_it_is_where_nothing_is_html() -> None:
    assert MARKUP in filled(CHAT_UPDATE, impact=MARKUP)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [tag, *(name for name, _ in attrs)]


@given(st.sampled_from(FIELDS[CUSTOMER_NOTICE]), st.text())
@example("status_url", '" onclick="x')
@example("text", "</p><img src=x onerror=y>")
def test_no_text_adds_a_tag_or_an_attribute_to_a_letter(field: str, text: str) -> None:
    found = []
    for said in ("x", text):
        reader = _Tags()
        reader.feed(filled(CUSTOMER_NOTICE, **{field: said}))
        found.append(reader.found)
    assert found[0] == found[1]


def test_a_template_of_the_organisations_own_takes_the_place_of_the_programs() -> None:
    own = {IN_APP: ("ours/in_app.j2", "{{ organization | upper }}{% if status == 'resolved' %}: well again{% endif %}")}
    templates = compile_templates(own)
    fields = dict.fromkeys(FIELDS[IN_APP], "x")
    assert templates.render(IN_APP, {**fields, "organization": "Ours", "status": "resolved"}) == "OURS: well again"
    assert templates.render(IN_APP, {**fields, "organization": "Ours"}) == "OURS"
    assert templates.render("status_resolved.j2", {"timestamp": "Now", "report_within": "a day"}).startswith("Now")


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("{% include '/etc/passwd' %}", 1, "sandbox refuses include: a template cannot read files"),
        ("x\n{% import 'os' as os %}", 2, "sandbox refuses import: a template cannot read files"),
        ("{% extends 'chat_alert.j2' %}", 1, "sandbox refuses extends: a template cannot read files"),
        ("a\nb {{ text.__class__.__mro__ }}", 2, "sandbox refuses the attribute __mro__"),
        ("{{ text['__class__'] }}", 1, "sandbox refuses an item of a value"),
        ("{{ text | attr('__class__') }}", 1, "sandbox refuses the filter attr"),
        ("{{ text | map(attribute='x') }}", 1, "sandbox refuses the filter map"),
        ("{{ text | random }}", 1, "sandbox refuses the filter random"),
        ("{{ text | safe }}", 1, "sandbox refuses the filter safe"),
        ("{{ cycler.__init__.__globals__ }}", 1, "sandbox refuses the attribute __globals__"),
        ("{{ range(9) }}", 1, "sandbox refuses a call"),
        ("{{ 9 ** 9 ** 9 }}", 1, "sandbox refuses pow"),
        ("{{ 'x' * 999999999 }}", 1, "sandbox refuses mul"),
        ("{% macro m() %}{% endmacro %}", 1, "sandbox refuses macro"),
        ("\n\n{{ tekst }}", 3, 'unknown field "tekst"; did you mean "text"?'),
        ("{{ severity }}", 1, 'unknown field "severity" (expected "organization", "status", "text" or "status_url")'),
        ("ok\n{% if status %}", 2, "not a template: "),
        ("{{ text | truncate('x') }}", None, "cannot be filled in: "),
        (" \n", None, "says nothing"),
    ],
)
def test_what_a_template_must_not_do_is_told_with_its_line_before_any_drill(
    text: str, line: int | None, word: str
) -> None:
    (problem,) = problems(text)
    assert problem.startswith("own.j2: " if line is None else f"own.j2:{line}:")
    assert word in problem


def test_everything_wrong_with_every_template_is_told_at_once() -> None:
    own = {
        IN_APP: ("a.j2", "{{ one }}\n{{ two }}"),
        CHAT_ALERT: ("b.j2", "{{ three() }}"),
        "chat_alrt.j2": ("c.j2", ""),
    }
    with pytest.raises(InputError) as caught:
        compile_templates(own)
    told = [(problem.file, problem.line) for problem in caught.value.problems]
    assert told == [("a.j2", 1), ("a.j2", 2), ("b.j2", 1), ("c.j2", 0)]
    assert 'did you mean "chat_alert.j2"?' in caught.value.problems[-1].message


def test_a_letter_needs_a_title_which_is_its_subject() -> None:
    assert "has no <title>" in problems("<p>{{ text }}</p>", CUSTOMER_NOTICE)[0]
    html = filled(CUSTOMER_NOTICE, organization="Fish & Chips")
    assert subject(html) == "Fish & Chips Service Update"


@given(st.text(st.sampled_from("{}%#'\"ab.|()[]x_ \n"), max_size=40))
def test_whatever_a_template_holds_it_is_compiled_or_refused_without_a_traceback(text: str) -> None:
    problems(text)
    problems("{{ " + text + " }}")


def test_the_organisations_folder_is_read_and_every_problem_of_it_located(tmp_path: Path) -> None:
    folder = tmp_path / "words"
    folder.mkdir()
    (folder / "README.md").write_text("{{ not a template")
    file = folder / IN_APP
    file.write_text("Ours: {{ text }}")
    reference = f"templates={folder}"
    loaded = prepare("elevenlabs-intermittent", (reference,))
    fields = dict.fromkeys(FIELDS[IN_APP], "x")
    assert loaded.templates.render(IN_APP, fields) == "Ours: x"
    assert file.resolve() in loaded.loaded.digests
    file.write_text("{{ text.__class__ }}")
    with pytest.raises(InputError) as caught:
        prepare("elevenlabs-intermittent", (reference,))
    assert str(caught.value).startswith(f"{file}:1:")
    file.unlink()
    assert not prepare("elevenlabs-intermittent", (reference,)).loaded.templates
    (folder / CHAT_ALERT).write_text("A new one: {{ title }}")
    assert list(prepare("elevenlabs-intermittent", (reference,)).loaded.templates) == [CHAT_ALERT]
    (folder / CHAT_ALERT).write_bytes(b"\xff")
    with pytest.raises(InputError, match="not UTF-8"):
        prepare("elevenlabs-intermittent", (reference,))
    with pytest.raises(InputError, match="the folder cannot be read: No such file"):
        prepare("elevenlabs-intermittent", (f"templates={tmp_path / 'nowhere'}",))
