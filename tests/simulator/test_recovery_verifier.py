"""The procedure's own recovery verifier, run unchanged by https, and a drill's health checks: they find the same.

The verifier asks hosts of its organisation. Here names lead to loopback, where a server with a certificate of its own
answers for each host as the drill's world has it; where a service is down, nothing listens.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from scenarios.loading import load_organization
from scenarios.organization import Organization
from simulator.faults import KINDS, Change
from simulator.recovery import health
from tests import builders
from tests.simulator.bench import MINUTE, Bench
from tests.simulator.test_recovery import Steady

VERIFIER = Path(__file__).parents[3] / "shared" / "procedure" / "recovery_verification.py"
HOSTS = {"api": "api.seiketsu.ai", "web_app": "app.seiketsu.ai", "voice": "voice.seiketsu.ai"}
NAMES_LEAD_TO = """
import json, os, socket
_ports, _whole = json.loads(os.environ["PORTS"]), socket.getaddrinfo
def getaddrinfo(host, port, *others, **more):
    return _whole("127.0.0.1", _ports[host], *others, **more)
socket.getaddrinfo = getaddrinfo
"""
RUN = "import json, runpy, sys; print(json.dumps(runpy.run_path(sys.argv[1])['recovery_status']))"


@pytest.fixture
def verifier() -> Path:
    if not VERIFIER.exists():
        pytest.skip("the procedure's files are not beside this repository")
    missing = [] if shutil.which("openssl") else ["openssl"]
    missing += [] if find_spec("requests") else ["requests, which the verifier imports"]
    if missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"not installed: {', '.join(missing)}")
    return VERIFIER


class _Handler(BaseHTTPRequestHandler):
    statuses: Mapping[str, int]

    def do_GET(self) -> None:
        self.send_response(self.statuses[self.headers["host"]])
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@contextmanager
def answering(statuses: Mapping[str, int], folder: Path) -> Iterator[tuple[int, Path]]:
    """A server that answers for each host with a status, over TLS; its port, and the certificate to trust."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    names = ",".join(f"DNS:{host}" for host in HOSTS.values())
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=gameday"]
    words += ["-addext", f"subjectAltName={names}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(words, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    handler = type("Answering", (_Handler,), {"statuses": statuses})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=lambda: server.serve_forever(0.02))
        thread.start()
        try:
            yield server.server_address[1], certificate
        finally:
            server.shutdown()
            thread.join()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as nothing:
        return int(nothing.getsockname()[1])


def run(verifier: Path, folder: Path, statuses: Mapping[str, int | None]) -> tuple[str, dict[str, Any]]:
    """What the verifier prints and what it found, with services that answer so; None: not at all."""
    (folder / "sitecustomize.py").write_text(NAMES_LEAD_TO)
    answers = {HOSTS[name]: status for name, status in statuses.items() if status is not None}
    with answering(answers, folder) as (port, certificate):
        ports = {host: port if host in answers else free_port() for host in HOSTS.values()}
        environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(folder),
            "REQUESTS_CA_BUNDLE": str(certificate),
            "PORTS": json.dumps(ports),
        }
        done = subprocess.run(
            [sys.executable, "-c", RUN, verifier], env=environ, capture_output=True, text=True, check=False, timeout=60
        )
    assert done.returncode == 0, done.stderr
    said, found = done.stdout.splitlines()
    return said, json.loads(found)


def drilled(organization: Organization, changes: Mapping[str, Change]) -> dict[str, Any]:
    """A drill's health checks with these faults on the organisation's services."""
    faults = [builders.fault(name, Steady(change), on=name, at=MINUTE) for name, change in changes.items()]
    world = Bench(*faults, organization=organization).run(5 * MINUTE).world
    return health(world, "INC-20250809-1400", 5 * MINUTE)


@pytest.mark.parametrize(
    ("changes", "statuses"),
    [
        ({}, {"api": 200, "web_app": 200, "voice": 200}),
        ({"voice": Change(1.0, 503)}, {"api": 200, "web_app": 200, "voice": 503}),
        ({"voice": Change(1.0, 500), "web_app": Change(down=True)}, {"api": 200, "web_app": None, "voice": 500}),
    ],
    ids=["all is well", "one fails", "one fails and one does not answer"],
)
def test_the_verifier_runs_unchanged_and_finds_what_a_drills_health_checks_find(
    verifier: Path, tmp_path: Path, changes: Mapping[str, Change], statuses: Mapping[str, int | None]
) -> None:
    said, found = run(verifier, tmp_path, statuses)
    ours = drilled(load_organization("seiketsu", KINDS).organization, changes)
    assert said == f"Recovery verified: {ours['all_passed']}"
    assert list(ours) == list(found)
    assert (ours["incident_id"], ours["all_passed"]) == (found["incident_id"], found["all_passed"])
    for own, theirs in zip(ours["checks"], found["checks"], strict=True):
        assert list(own) == list(theirs)
        assert all(own[key] == theirs[key] for key in ("name", "status", "status_code") if key in theirs)
        assert {key: type(value) for key, value in own.items()} == {key: type(value) for key, value in theirs.items()}
