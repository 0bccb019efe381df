"""`gameday incident serve`: declarations over HTTP, and somebody who watches the clock of every open incident.

The standard library's server is enough for one small request at a time, and it is there wherever gameday is: what takes
a declaration in the middle of an incident should not need anything that could be missing. A request is answered as soon
as the incident is on disk; what follows from it is sent by the keeper, beside.
"""

from __future__ import annotations

import hmac
import json
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from drills.incident.case import Case
from drills.incident.declaration import read_declaration, wrong
from drills.incident.desk import Conflict, Desk
from drills.incident.view import document
from scenarios.loading import LoadedOrganization
from scenarios.problems import InputError

PATH = "/incidents"
BODY_MAX = 64 * 1024
"""Bytes; a declaration needs a few hundred."""
DRAIN_MAX = 1024 * 1024
"""Bytes of a refused body that are read all the same, since a client that is still sending would not see the answer."""
IDLE_S = 10.0
"""How long a client may be silent in the middle of a request."""
LOOK_EVERY_S = 1.0
"""How often the keeper looks whether anything is due."""


class Refused(Exception):  # noqa: N818 (it says what happened)
    """The request cannot be met; the answer says why."""

    def __init__(self, status: HTTPStatus, message: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.headers = headers or {}
        super().__init__(message)


class DeclarationServer(ThreadingHTTPServer):
    """Takes declarations for a desk. It serves in threads, which end with their requests."""

    daemon_threads = False
    request_queue_size = 64

    def __init__(
        self,
        address: tuple[str, int],
        desk: Desk,
        loaded: LoadedOrganization,
        *,
        token: str,
        declared: Callable[[], object],
    ) -> None:
        self.desk, self.loaded, self.declared = desk, loaded, declared
        self.token = token.encode("utf-8", "surrogateescape")
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the library's
        """A client that goes away in the middle is nobody's error."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.desk.say(f"a defect of gameday: {error!r}\n{traceback.format_exc()}")


class Keeper:
    """Lets the deadlines of every open incident pass when they fall due, and sends its commands."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._due: dict[str, tuple[int, float | None, Case | None]] = {}
        """By incident: the size of its journal when it was last seen, and the time of its next deadline."""
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="keeper")

    def start(self) -> None:
        """Begin to look after the incidents."""
        self._thread.start()

    def wake(self) -> None:
        """Look at once."""
        self._wake.set()

    def stop(self) -> None:
        """Finish what is under way, and end."""
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def look(self) -> None:
        """Tend every incident to which something has happened, or is due."""
        for name in self._desk.incidents():
            if not self._stopping and self._needs(name):
                self._tend(name)

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            self.look()
            self._wake.wait(LOOK_EVERY_S)

    def _needs(self, name: str) -> bool:
        seen = self._due.get(name)
        if seen is None:
            return True
        size, due_ms, case = seen
        return self._size(name) != size or (
            case is not None and due_ms is not None and self._desk.time_ms(case) >= due_ms
        )

    def _tend(self, name: str) -> None:
        case = None
        try:
            case = self._desk.tend(name)
        except InputError as error:  # Told once; looked at again when the file changes.
            self._desk.say(str(error))
        except Exception:
            self._desk.say(f"a defect of gameday, in looking after {name}:\n{traceback.format_exc()}")
        self._due[name] = (self._size(name), case.workflow.next_deadline() if case else None, case)

    def _size(self, name: str) -> int:
        try:
            return self._desk.size(name)
        except (InputError, OSError):
            return -1


class _Handler(BaseHTTPRequestHandler):
    """One request a connection: whatever is left of a refused one cannot be taken for the next."""

    server: DeclarationServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S

    def do_POST(self) -> None:
        try:
            body = self._body()
            self._route("POST")
            self._authorize()
            status, found = self._declare(body)
            self._answer(status, found)
        except Refused as refusal:
            self._answer(refusal.status, {"error": str(refusal)}, refusal.headers)
        except InputError as error:
            problems = [{"field": problem.path or None, "message": problem.message} for problem in error.problems]
            self._answer(HTTPStatus.BAD_REQUEST, {"error": "not a declaration", "problems": problems})

    def _route(self, method: str) -> None:
        try:
            path = urlsplit(self.path).path
        except ValueError:
            path = ""
        if path.rstrip("/") != PATH:
            raise Refused(HTTPStatus.NOT_FOUND, f"nothing is here; declare an incident with POST {PATH}")
        if method != "POST":
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"{PATH} takes POST", {"allow": "POST"})

    def _authorize(self) -> None:
        scheme, _, given = self.headers.get("authorization", "").partition(" ")
        # Headers are Latin-1; the token may hold anything that an environment variable can.
        offered = given.strip().encode("latin-1", "replace")
        if scheme.lower() != "bearer" or not hmac.compare_digest(offered, self.server.token):
            message = (
                "expected the header `Authorization: Bearer TOKEN` with the token that this server has in API_TOKEN"
            )
            raise Refused(HTTPStatus.UNAUTHORIZED, message, {"www-authenticate": "Bearer"})

    def _body(self) -> bytes:
        if "transfer-encoding" in self.headers:
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "expected a Content-Length, not a body in chunks")
        stated = self.headers.get("content-length", "0").strip()
        if not (stated.isascii() and stated.isdigit()) or len(stated) > 18:
            raise Refused(HTTPStatus.BAD_REQUEST, "the Content-Length is no number of bytes")
        length = int(stated)
        if length > BODY_MAX:
            left = min(length, DRAIN_MAX)
            while left > 0 and (part := self.rfile.read(min(left, BODY_MAX))):
                left -= len(part)
            raise Refused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"{length} bytes are too many (expected at most {BODY_MAX})"
            )
        body = self.rfile.read(length)
        if len(body) < length:
            raise Refused(HTTPStatus.BAD_REQUEST, f"the body ended after {len(body)} of {length} bytes")
        return body

    def _declare(self, body: bytes) -> tuple[HTTPStatus, dict[str, Any]]:
        server = self.server
        declaration = read_declaration(body, server.loaded.organization.severities)
        try:
            case, new = server.desk.declare(server.loaded, declaration)
        except Conflict as conflict:
            raise Refused(HTTPStatus.CONFLICT, f"{conflict}; declare again under another id") from conflict
        except InputError as error:
            # The declaration was right: what is wrong is on this side, such as a full disk.
            server.desk.say(f"NOT DECLARED: {declaration.severity} {declaration.title}: {error}")
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, f"not declared: {error}") from error
        server.declared()
        return HTTPStatus.CREATED if new else HTTPStatus.OK, document(case)

    def _answer(self, status: HTTPStatus, found: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        data = (json.dumps(found, ensure_ascii=True) + "\n").encode("ascii")
        self.close_connection = True
        self.send_response(status)
        stated = {"content-type": "application/json", "content-length": str(len(data)), "connection": "close"}
        for name, value in {**stated, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """What the library finds wrong with a request, as JSON; a client's error has a client's number."""
        status = HTTPStatus(code)
        if status == HTTPStatus.HTTP_VERSION_NOT_SUPPORTED:
            status = HTTPStatus.BAD_REQUEST
        headers: Mapping[str, str] = {}
        if status == HTTPStatus.NOT_IMPLEMENTED:  # Any method but POST; the request has been read up to its body.
            try:
                self._body()
                self._route(self.command)
            except Refused as refusal:
                status, message, headers = refusal.status, str(refusal), refusal.headers
        self._answer(status, {"error": message or status.phrase}, headers)

    def version_string(self) -> str:
        """What the answer says of the server: its name, and nothing that helps to attack it."""
        return "gameday"

    def log_message(self, format: str, *arguments: Any) -> None:
        line = (format % arguments).encode("ascii", "backslashreplace").decode("ascii")
        self.server.desk.say(f"{self.address_string()} {''.join(sign if sign.isprintable() else '?' for sign in line)}")


def serve(desk: Desk, loaded: LoadedOrganization, token: str, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are finished. InputError when the address cannot be had."""
    keeper = Keeper(desk)
    try:
        server = DeclarationServer((host, port), desk, loaded, token=token, declared=keeper.wake)
    except (OSError, OverflowError) as error:
        raise wrong(f"cannot listen on {host}:{port}: {error}") from error
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    thread = threading.Thread(target=server.serve_forever, name="server")
    try:
        thread.start()
        keeper.start()
        shown = f"[{host}]" if ":" in host else host
        desk.say(f"Taking declarations at http://{shown}:{server.server_address[1]}{PATH}, incidents in {desk.folder}")
        stop.wait()
        desk.say("Stopping.")
    finally:
        server.shutdown()
        server.server_close()  # Waits for requests under way.
        keeper.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
