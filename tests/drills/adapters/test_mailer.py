"""Letters handed in to a mail server over a real socket."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest

from drills.adapters import email
from drills.adapters.exchange import Mail, SmtpResponse
from drills.adapters.mailer import hand_in

LETTER = Mail(
    "us@example.org", "customers@example.org", "Störung", "<p>It is being <b>mended</b>.</p>", "<1@example.org>"
)


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as a letter needs. `replies` take the place of what it would say to a command."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: dict[str, str] = {}
        self.heard: list[str] = []
        self.letters: list[bytes] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


USUAL = {"EHLO": "250 hello", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", "QUIT": "221 bye"}


class _Handler(socketserver.StreamRequestHandler):
    server: MailServer

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def handle(self) -> None:
        self.say(self.server.replies.get("", "220 mail.example.org"))
        for line in self.rfile:
            command = line.decode().split()[0].upper()
            self.server.heard.append(line.decode().strip())
            reply = self.server.replies.get(command, USUAL.get(command, "502 what?"))
            if reply == "hang up":
                return
            self.say(reply)
            if reply.startswith("354"):
                content = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.letters.append(content)
                self.say(self.server.replies.get("end", "250 2.0.0 Ok: queued as 4B"))


@contextmanager
def running_mail_server() -> Iterator[MailServer]:
    server = MailServer()
    thread = threading.Thread(target=lambda: server.serve_forever(0.02))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def server() -> Iterator[MailServer]:
    with running_mail_server() as running:
        yield running


def test_a_letter_arrives_whole_and_dated_and_says_who_wrote_to_whom(server: MailServer) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    response = hand_in(LETTER, "127.0.0.1", server.port, None)
    assert response == SmtpResponse(250, "2.0.0 Ok: queued as 4B")
    assert email.outcome(response).delivered
    (content,) = server.letters
    assert email.parse(content)._replace(html="") == LETTER._replace(html="")
    assert email.parse(content).html.strip() == LETTER.html
    assert content.isascii(), "servers that know nothing but ASCII take it too"
    dated = message_from_bytes(content, policy=policy.SMTP)["Date"].datetime
    assert before <= dated <= before + timedelta(minutes=1)
    assert [line for line in server.heard if line[:4] in ("mail", "rcpt", "MAIL", "RCPT")] == [
        "mail FROM:<us@example.org>",
        "rcpt TO:<customers@example.org>",
    ]


@pytest.mark.parametrize(
    ("command", "reply", "outcome"),
    [
        ("MAIL", "451 4.3.0 later", (False, 503, "451 4.3.0 later", "")),
        ("RCPT", "550 5.1.1 nobody", (False, 400, "550 5.1.1 nobody", "")),
        ("DATA", "554 5.7.1 no", (False, 400, "554 5.7.1 no", "")),
        ("end", "552 5.3.4 too long", (False, 400, "552 5.3.4 too long", "")),
        ("", "421 4.3.2 not now", (False, 503, "421 4.3.2 not now", "")),
    ],
)
def test_a_refusal_anywhere_is_the_outcome(
    server: MailServer, command: str, reply: str, outcome: tuple[bool, int, str, str]
) -> None:
    server.replies[command] = reply
    assert email.outcome(hand_in(LETTER, "127.0.0.1", server.port, None)) == outcome


def test_a_server_that_hangs_up_or_is_not_there_said_nothing(server: MailServer) -> None:
    server.replies["RCPT"] = "hang up"
    assert hand_in(LETTER, "127.0.0.1", server.port, None).code == 0
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    response = hand_in(LETTER, "127.0.0.1", port, None)
    assert (response.code, "refused" in response.text) == (0, True)


def test_with_a_password_nothing_is_said_to_a_server_that_does_not_encrypt(server: MailServer) -> None:
    response = hand_in(LETTER, "127.0.0.1", server.port, "secret")
    assert response.code == 0
    assert not server.letters
    assert not any("secret" in line or line.upper().startswith(("AUTH", "MAIL")) for line in server.heard)
