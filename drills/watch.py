"""`gameday rules watch`: serves a drill's series and takes Alertmanager's webhook while the drill runs by the clock."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from drills.exposition import SCRAPED
from drills.watched import WatchedDrill
from scenarios.problems import InputError, Problem
from simulator.journal import Journal

METRICS, ALERTS = "/metrics", "/alerts"
BODY_MAX = 4 * 1024 * 1024
IDLE_S = 10.0
"""How long a client may be silent in the middle of a request."""
LOOK_EVERY_S = 0.1


class Clock:
    """Drill time by the clock on the wall, from the first scrape on."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._started_s: float | None = None

    def start(self) -> None:
        """Begin, if it has not begun."""
        if self._started_s is None:
            self._started_s = monotonic()

    @property
    def now_ms(self) -> int:
        """Drill time; 0 before the start."""
        return 0 if self._started_s is None else int((monotonic() - self._started_s) * 1000 * self._speed)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], drill: WatchedDrill, clock: Clock) -> None:
        self.drill, self.clock = drill, clock
        self.lock = threading.Lock()
        """Whoever looks at the drill or moves it on holds this."""
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S

    def do_GET(self) -> None:
        if urlsplit(self.path).path != METRICS:
            self._answer(HTTPStatus.NOT_FOUND, f"scrape {METRICS}, or send alerts to {ALERTS}\n")
            return
        with self.server.lock:
            self.server.clock.start()
            text = self.server.drill.metrics(self.server.clock.now_ms)
        self._answer(HTTPStatus.OK, text, SCRAPED)

    def do_POST(self) -> None:
        stated = self.headers.get("content-length", "")
        if urlsplit(self.path).path != ALERTS:
            self._answer(HTTPStatus.NOT_FOUND, f"alerts are taken at {ALERTS}\n")
        elif not (stated.isascii() and stated.isdigit()) or int(stated) > BODY_MAX:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"expected a body of at most {BODY_MAX} bytes\n")
        else:
            body = self.rfile.read(int(stated))
            try:
                with self.server.lock:
                    taken = self.server.drill.receive(body, self.server.clock.now_ms)
            except InputError as error:
                self._answer(HTTPStatus.BAD_REQUEST, f"{error.problems[0].message}\n")
            else:
                self._answer(HTTPStatus.OK, json.dumps({"taken": taken}) + "\n", "application/json")

    def _answer(self, status: HTTPStatus, text: str, kind: str = "text/plain; charset=utf-8") -> None:
        data = text.encode("utf-8")
        self.close_connection = self.close_connection or status >= HTTPStatus.BAD_REQUEST
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def version_string(self) -> str:
        """What the answer says of the server."""
        return "gameday"

    def log_message(self, format: str, *arguments: Any) -> None:
        """Scrapes are not worth a line each."""


def watch(drill: WatchedDrill, speed: float, host: str, port: int, say: Callable[[str], None]) -> Journal:
    """Serve until the drill is over; its journal. InputError when the address cannot be had."""
    clock = Clock(speed)
    try:
        server = _Server((host, port), drill, clock)
    except (OSError, OverflowError) as error:
        raise InputError([Problem("", 0, 0, "", f"cannot listen on {host}:{port}: {error}")]) from error
    thread = threading.Thread(target=server.serve_forever, name="watch", daemon=True)
    thread.start()
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{server.server_address[1]}"
    say(
        f"Scrape {address}{METRICS} (honor_labels: true), send alerts to {address}{ALERTS}; the first scrape begins it."
    )
    pause = threading.Event()
    try:
        while clock.now_ms <= drill.end_ms:
            with server.lock:
                drill.advance(clock.now_ms)
            pause.wait(LOOK_EVERY_S)
        with server.lock:
            return drill.finish()
    finally:
        server.shutdown()
        server.server_close()
