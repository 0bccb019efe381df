"""The procedure's own declaration script, run unchanged: bash, curl, the two helper commands, and the endpoint.

The script speaks to a host of its organisation by https. Here curl is told by its own configuration that the host is on
loopback, where a wrapper with a certificate of its own takes the TLS off.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.drills.incident.conftest import Bench
from tests.drills.incident.test_server import TOKEN, running_service
from tests.drills.incident.tools import Tools

SCRIPT = Path(__file__).parents[4] / "shared" / "procedure" / "declare.sh"
PROGRAMS = ("bash", "curl", "openssl")


@pytest.fixture
def script() -> Path:
    """The script, where it and all that it needs are there."""
    if not SCRIPT.exists():
        pytest.skip("the procedure's files are not beside this repository")
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"not installed: {', '.join(missing)}")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    return SCRIPT


@contextmanager
def tls_before(port: int, folder: Path) -> Iterator[int]:
    """A port that speaks TLS, with a certificate made for the occasion, and passes on to a port that does not."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=api.seiketsu.ai"]
    subprocess.run([*words, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_accept, args=(listening, context, port))
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _accept(listening: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with suppress(OSError):
        while True:
            plain, _ = listening.accept()
            with context.wrap_socket(plain, server_side=True) as client:
                _pass_on(client, port)


def _pass_on(client: ssl.SSLSocket, port: int) -> None:
    """One request, of which all is there once its body is, and its answer, after which the server hangs up."""
    data = b""
    while b"\r\n\r\n" not in data or len(data.partition(b"\r\n\r\n")[2]) < _length(data):
        part = client.recv(65536)
        if not part:
            return
        data += part
    with socket.create_connection(("127.0.0.1", port), timeout=10) as server:
        server.sendall(data)
        while part := server.recv(65536):
            client.sendall(part)


def _length(data: bytes) -> int:
    found = re.search(rb"\r\ncontent-length: *([0-9]+)", data, re.IGNORECASE)
    return int(found[1]) if found else 0


def run(script: Path, folder: Path, port: int, tools: Tools, *words: str) -> subprocess.CompletedProcess[str]:
    """The script with curl's configuration in an empty home, and the project's commands on the path."""
    home = folder / "home"
    home.mkdir()
    (home / ".curlrc").write_text(f'connect-to = "api.seiketsu.ai:443:127.0.0.1:{port}"\ninsecure\nnoproxy = "*"\n')
    environ = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(home),
        "CURL_HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "API_TOKEN": TOKEN,
        **tools.environ,
    }
    return subprocess.run(
        ["bash", script, *words], cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(("severity", "rank"), [("P0", "critical"), ("P1", "error"), ("P2", None)])
def test_the_script_declares_notifies_and_pages(
    script: Path, tmp_path: Path, tools: Tools, severity: str, rank: str | None
) -> None:
    title = "Voice AI does not work: 15 % of calls, São Paulo"
    before = datetime.now(UTC).replace(microsecond=0)
    with running_service(tmp_path) as (_, plain, said), tls_before(plain, tmp_path) as port:
        done = run(script, tmp_path, port, tools, severity, title)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[1:3] == [f"Severity: {severity}", f"Title: {title}"]
    name = lines[0].removeprefix("Declaring incident: ")

    answer = json.loads(lines[3])
    case = Bench(tmp_path / "incidents", {}).desk.look(name)
    stated = case.journal.records[0]
    for found in (answer, stated):
        assert (found["severity"], found["title"], found["status"]) == (severity, title, "investigating")
    assert (answer["id"], case.workflow.incident_id, case.workflow.state) == (name, name, "investigating")
    assert answer["created_at"] == stated["created_at"]
    created_at = datetime.fromisoformat(stated["created_at"])
    assert before <= created_at <= before + timedelta(seconds=60)
    assert '"POST /incidents HTTP/1.1" 201' in "".join(said)

    assert {status // 100 for _, _, status in tools.received} == {2}, tools.received
    (post,) = tools.bodies("chat")
    assert post["channel"] == "#incidents"
    assert post["text"] == f"🚨 INCIDENT DECLARED: {name} ({severity}): {title}"
    events = tools.bodies("pager")
    assert len(events) == (1 if rank else 0)
    for event in events:
        assert event["event_action"] == "trigger"
        assert event["dedup_key"] == f"{name}-page"
        assert (event["payload"]["summary"], event["payload"]["severity"]) == (title, rank)


def test_a_title_that_breaks_the_scripts_json_is_told_and_declares_nothing(
    script: Path, tmp_path: Path, tools: Tools
) -> None:
    with running_service(tmp_path) as (_, plain, _), tls_before(plain, tmp_path) as port:
        done = run(script, tmp_path, port, tools, "P1", 'the "voice" service')
    assert "the body is not JSON" in done.stdout
    assert Bench(tmp_path / "incidents", {}).desk.incidents() == []
    assert len(tools.bodies("pager")) == 1, "the page goes out all the same"
