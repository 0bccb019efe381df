"""The four response tools on loopback, as their vendors run them, for tests in which commands are really sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from drills.adapters import vendors
from drills.adapters.exchange import HttpRequest, HttpResponse
from drills.adapters.vendors import Reply

_TOOL_AT = {
    "/v2/enqueue": "pager",
    "/api/chat.postMessage": "chat",
    "/rest/api/3/issue": "tracker",
    "/notifications": "in_app",
}


class Tools:
    """What was received, in order, and what is to be answered: an HTTP status, or a whole response."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.received: list[tuple[str, dict[str, Any], int]] = []
        """Tool, body, and the status that it was answered with."""
        self.reply: Callable[[str], int | HttpResponse] = lambda tool: 200

    @property
    def environ(self) -> dict[str, str]:
        """The variables that lead gameday here."""
        places = {"PAGER": "", "CHAT": "/api", "TRACKER": "", "STATUS_PAGE": "", "IN_APP": ""}
        return {f"GAMEDAY_{name}_URL": f"{self.url}{path}" for name, path in places.items()}

    def bodies(self, tool: str) -> list[dict[str, Any]]:
        return [body for name, body, _ in self.received if name == tool]

    def answer(self, request: HttpRequest) -> HttpResponse:
        path = "/" + request.url.split("/", 3)[3]
        tool = _TOOL_AT.get(path, "status_page")
        reply = self.reply(tool)
        response = reply if isinstance(reply, HttpResponse) else vendors.answer(tool, request, Reply(reply))
        self.received.append((tool, request.json, response.status))
        return response


class _Server(ThreadingHTTPServer):
    tools: Tools

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not wait for its answer is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        url = f"{self.server.tools.url}{self.path}"
        response = self.server.tools.answer(HttpRequest(self.command, url, headers, body))
        self.send_response(response.status)
        data = response.body.encode("utf-8")
        for name, value in {**response.headers, "content-length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_PATCH(self) -> None:
        self.do_POST()

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@contextmanager
def running_tools() -> Iterator[Tools]:
    """The tools, for as long as the block runs."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.tools = Tools(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=lambda: server.serve_forever(0.02))
    thread.start()
    try:
        yield server.tools
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
