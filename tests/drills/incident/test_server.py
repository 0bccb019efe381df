"""Declarations over HTTP: what is taken, what is refused and how, and that no request is ever the server's error."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drills.incident import server as server_module
from drills.incident.desk import Desk
from drills.incident.server import BODY_MAX, DeclarationServer, Keeper
from scenarios.loading import LoadedOrganization
from tests.drills.incident.conftest import VOICE, Bench
from tests.drills.incident.tools import Tools

TOKEN = "s3cret"
BODY: dict[str, Any] = {
    "id": "INC-20250809-140000",
    "severity": "P1",
    "title": "Voice is down",
    "status": "investigating",
    "created_at": "2025-08-09T14:00:00Z",
}
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/x-www-form-urlencoded"}


class Service:
    """A server in a thread, and everything that it said."""

    def __init__(self, folder: Path, loaded: LoadedOrganization) -> None:
        self.said: list[str] = []
        self.desk = Desk(folder, self.said.append, environ={})
        self.server = DeclarationServer(("127.0.0.1", 0), self.desk, loaded, token=TOKEN, declared=lambda: None)
        self.port = self.server.server_address[1]

    def ask(
        self, method: str = "POST", path: str = "/incidents", body: Any = BODY, headers: dict[str, str] = HEADERS
    ) -> tuple[int, dict[str, Any], http.client.HTTPMessage]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            text = response.read()
            return response.status, json.loads(text) if text else {}, response.headers
        finally:
            connection.close()

    def send(self, data: bytes) -> bytes:
        """What comes back for any bytes at all."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            parts = []
            try:
                while part := connection.recv(65536):
                    parts.append(part)
            except ConnectionResetError:
                pass
            return b"".join(parts)


@contextmanager
def serving(folder: Path, loaded: LoadedOrganization) -> Iterator[Service]:
    service = Service(folder, loaded)
    thread = threading.Thread(target=lambda: service.server.serve_forever(0.02))
    thread.start()
    try:
        yield service
    finally:
        service.server.shutdown()
        service.server.server_close()
        thread.join()


@pytest.fixture
def service(tmp_path: Path, seiketsu: LoadedOrganization) -> Iterator[Service]:
    with serving(tmp_path / "incidents", seiketsu) as running:
        yield running


def test_a_declaration_makes_an_incident_with_its_own_id_severity_title_status_and_time(service: Service) -> None:
    status, found, _ = service.ask()
    assert status == 201
    assert {name: found[name] for name in BODY} == BODY
    assert service.desk.incidents() == [BODY["id"]]


def test_declaring_again_under_the_same_id_is_the_same_incident(service: Service) -> None:
    first, second = service.ask(), service.ask()
    assert (first[0], second[0]) == (201, 200)
    assert {name: second[1][name] for name in BODY} == BODY
    status, found, _ = service.ask(body={**BODY, "title": "Login fails"})
    assert (status, found["error"]) == (
        409,
        'INC-20250809-140000 is another incident: P1 "Voice is down"; declare again under another id',
    )


def test_a_declaration_in_its_shortest_form_gets_an_id_from_the_clock(service: Service) -> None:
    status, found, _ = service.ask(body={"severity": "P3", "title": "Typing error", "colour": "red"})
    assert (status, found["status"]) == (201, "declared")
    assert re.fullmatch(r"INC-[0-9]{8}-[0-9]{6}", found["id"])


@pytest.mark.parametrize("kind", [None, "application/json", "text/plain", "multipart/form-data; boundary=x", "é"])
def test_whatever_content_type_a_client_sets_the_body_is_read_as_json(service: Service, kind: str | None) -> None:
    headers = {"Authorization": HEADERS["Authorization"], **({"Content-Type": kind} if kind else {})}
    assert service.ask(headers=headers)[0] == 201


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        (b"", None, "not JSON"),
        (b"severity=P1&title=x", None, "not JSON: Expecting value at line 1, column 1"),
        (b'{"title": "the "voice" service"}', None, "not JSON"),
        (b"\xff\xfe", None, "not UTF-8"),
        (b"[" * 20_000, None, "not JSON"),
        (b"9" * 5_000, None, "not JSON"),
        (b"[]", None, "a list of 0 items"),
        ({}, "severity", "missing"),
        ({**BODY, "status": "investigatin"}, "status", 'did you mean "investigating"?'),
        ({**BODY, "severity": "P9"}, "severity", 'expected "P0", "P1", "P2" or "P3"'),
        ({**BODY, "severity": {}}, "severity", "not a severity"),
        ({**BODY, "title": " "}, "title", "no text"),
        ({**BODY, "title": "x" * 256}, "title", "256 characters are too many"),
        ({**BODY, "title": "a\ud800b"}, "title", "U+D800"),
        ({**BODY, "title": "a\u001b[2Jb"}, "title", "U+001B"),
        ({**BODY, "title": "a\u202eb"}, "title", "U+202E"),
        ({**BODY, "id": "INC-20250230-140000"}, "id", "not the id of an incident"),
        ({**BODY, "id": "../../etc"}, "id", "not the id of an incident"),
        ({**BODY, "id": "INC-٢٠٢٥٠٨٠٩-140000"}, "id", "not the id of an incident"),
        ({**BODY, "status": "resolved"}, "status", 'expected "declared" or "investigating"'),
        ({**BODY, "created_at": "yesterday"}, "created_at", "expected a date and time"),
    ],
)
def test_a_wrong_declaration_is_answered_with_400_and_what_is_wrong(
    service: Service, body: Any, field: str | None, said: str
) -> None:
    status, found, _ = service.ask(body=body)
    assert status == 400
    assert any(one["field"] == field and said in one["message"] for one in found["problems"]), found
    assert service.desk.incidents() == []


def test_everything_that_is_wrong_is_told_at_once(service: Service) -> None:
    _, found, _ = service.ask(body={"severity": 1, "title": 2, "id": 3, "status": 4, "created_at": 5})
    assert [one["field"] for one in found["problems"]] == ["created_at", "id", "severity", "status", "title"]


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "é é"]
)
def test_without_the_token_nothing_is_declared(service: Service, given: str) -> None:
    status, _, headers = service.ask(headers={"Authorization": given} if given else {})
    assert (status, headers["www-authenticate"]) == (401, "Bearer")
    assert service.desk.incidents() == []


def test_the_token_is_compared_in_constant_time(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(server_module.hmac, "compare_digest", lambda one, other: asked.append((one, other)) or False)
    assert service.ask()[0] == 401
    assert asked == [(TOKEN.encode(), TOKEN.encode())]


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/incidents", 405),
        ("PUT", "/incidents", 405),
        ("BREW", "/incidents", 405),
        ("GET", "/", 404),
        ("POST", "/incident", 404),
        ("POST", "/incidents/x", 404),
        ("POST", "//[", 404),
        ("POST", "/incidents?source=cron", 201),
        ("POST", "/incidents/", 201),
    ],
)
def test_other_paths_are_404_and_other_methods_405(service: Service, method: str, path: str, expected: int) -> None:
    status, found, headers = service.ask(method, path)
    assert status == expected
    assert headers["allow"] == ("POST" if expected == 405 else None)
    assert ("error" in found) is (expected != 201)


def test_a_body_that_is_too_long_is_refused_with_413_before_it_is_kept(service: Service) -> None:
    assert service.ask(body=b" " * (BODY_MAX + 1))[0] == 413
    assert service.ask(body=json.dumps(BODY).encode() + b" " * (BODY_MAX - 400))[0] == 201


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"Content-Length: x", b"400"),
        (b"Content-Length: -1", b"400"),
        (b"Content-Length: 99999999999999999999999", b"400"),
        (b"Content-Length: 50", b"400"),
        (b"Transfer-Encoding: chunked", b"411"),
        (b"X: " + b"y" * 70_000, b"431"),
    ],
)
def test_a_request_of_a_wrong_form_is_the_clients_error(service: Service, head: bytes, expected: bytes) -> None:
    answer = service.send(b"POST /incidents HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n{}")
    assert answer.split()[1] == expected


def test_a_disk_that_cannot_be_written_is_not_the_clients_error(tmp_path: Path, seiketsu: LoadedOrganization) -> None:
    (tmp_path / "taken").write_text("a file")
    with serving(tmp_path / "taken" / "incidents", seiketsu) as service:
        status, found, _ = service.ask()
    assert (status, found["error"][:13]) == (503, "not declared:")
    assert any(line.startswith("NOT DECLARED: P1 Voice is down") for line in service.said)


def _request(body: bytes) -> bytes:
    head = (
        f"POST /incidents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NEAR = st.fixed_dictionaries(
    {},
    optional={
        "id": st.from_regex(r"INC-20[0-9]{2}0[1-9]0[1-9]-0[0-9]{3}[0-5][0-9]", fullmatch=True) | JSON,
        "severity": st.sampled_from(["P0", "P1", "P2", "P3", "P4", ""]) | JSON,
        "title": st.text(max_size=300) | JSON,
        "status": st.sampled_from(["declared", "investigating", "resolved"]) | JSON,
        "created_at": st.datetimes().map(lambda at: f"{at.isoformat()}Z") | JSON,
        "person": st.text(max_size=20) | JSON,
    },
)
REQUESTS = st.one_of(
    NEAR.map(lambda body: _request(json.dumps(body).encode())),
    JSON.map(lambda body: _request(json.dumps(body).encode())),
    st.binary(max_size=200).map(_request),
    st.binary(max_size=200),
    st.tuples(
        st.sampled_from([b"POST", b"GET", b"HEAD", b"OPTIONS", b"CONNECT", b"\xff", b""]),
        st.sampled_from([b"/incidents", b"*", b"/", b"//[", b"/%00", b"http://x:y/incidents"]) | st.binary(max_size=20),
        st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/x", b""]),
        st.lists(st.binary(max_size=30), max_size=3),
    ).map(lambda parts: b" ".join(parts[:3]) + b"\r\n" + b"\r\n".join(parts[3]) + b"\r\n\r\n"),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=REQUESTS)
def test_no_request_whatsoever_is_an_error_of_the_server(service: Service, data: bytes) -> None:
    answer = service.send(data)
    first = answer.split(b"\r\n", 1)[0]
    if first.startswith(b"HTTP/"):
        assert re.fullmatch(rb"HTTP/1\.1 (200|201|4[0-9][0-9]) [A-Za-z' -]+", first), (data, answer)
        body = answer.partition(b"\r\n\r\n")[2]
        assert not body or isinstance(json.loads(body), dict)
    else:  # What does not even look like HTTP gets nothing, or an error without a head, as HTTP/0.9 has it.
        assert not answer or "error" in json.loads(answer)
    assert not any("Traceback" in line for line in service.said), service.said[-1]


def test_the_keeper_sends_what_was_declared_and_lets_deadlines_pass_when_they_are_due(
    wired: Bench, tools: Tools, seiketsu: LoadedOrganization
) -> None:
    keeper = Keeper(wired.desk)
    wired.desk.declare(seiketsu, VOICE._replace(severity="P2"))
    assert tools.received == []
    keeper.look()
    assert len(tools.bodies("chat")) == 1
    path = wired.journal("INC-20250809-140000")
    before = path.read_bytes()
    keeper.look()
    assert path.read_bytes() == before, "nothing is due"
    wired.clock.advance(minutes=31)
    keeper.look()
    assert b"update_overdue" in path.read_bytes()[len(before) :]


def test_the_keeper_tells_of_a_broken_journal_once_and_looks_after_the_others(
    wired: Bench, tools: Tools, seiketsu: LoadedOrganization
) -> None:
    keeper = Keeper(wired.desk)
    wired.desk.declare(seiketsu, VOICE._replace(incident="INC-20250809-130000"))
    wired.journal("INC-20250809-130000").write_text("nonsense\n")
    wired.desk.declare(seiketsu, VOICE._replace(severity="P3"))
    for _ in range(3):
        keeper.look()
    assert len(tools.bodies("chat")) == 1
    assert len([line for line in wired.said if "not a JSON object" in line]) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly_on_a_signal_and_says_where_it_listens(tmp_path: Path, number: signal.Signals) -> None:
    with running_service(tmp_path) as (process, port, _):
        body = json.dumps(BODY).encode()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", "/incidents", body, HEADERS)
        assert connection.getresponse().status == 201
        connection.close()
        process.send_signal(number)
        assert process.wait(20) == 0
    journal = (tmp_path / "incidents" / BODY["id"] / "journal.jsonl").read_text()
    assert journal.endswith("\n")


@contextmanager
def running_service(folder: Path, **environ: str) -> Iterator[tuple[subprocess.Popen[str], int, list[str]]]:
    """The installed program, serving from a folder; its port, and what it says on standard error."""
    words = [str(Path(sys.executable).with_name("gameday")), "incident", "serve", "--port", "0"]
    environment = {**os.environ, "API_TOKEN": TOKEN, **environ}
    with subprocess.Popen(words, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said: list[str] = []
        found = None
        while found is None and (line := process.stderr.readline()):
            said.append(line)
            found = re.search(r"http://127\.0\.0\.1:([0-9]+)/incidents", line)
        assert found, said
        reader = threading.Thread(target=lambda: said.extend(process.stderr or ()))
        reader.start()
        try:
            yield process, int(found[1]), said
        finally:
            process.terminate()
            process.wait(20)
            reader.join()
            time.sleep(0)
    assert "Traceback" not in "".join(said)
