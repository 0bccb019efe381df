"""Handing a letter in to a mail server, once. Whether to try again is the workflow's to decide."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from drills.adapters.email import message
from drills.adapters.exchange import Mail, SmtpResponse
from drills.adapters.sender import TIMEOUT_S

if TYPE_CHECKING:
    from smtplib import SMTP

_GOOD = 250


def hand_in(mail: Mail, host: str, port: int, password: str | None) -> SmtpResponse:
    """What the server said at the end; code 0 and the reason if it said nothing.

    With a password nothing is said before the connection is encrypted and the server has proved its name; then whoever
    writes the letter logs in. None: this machine's own server, in the clear.
    """
    import smtplib
    import ssl

    letter = message(mail)
    letter["Date"] = datetime.now(UTC)
    try:
        with smtplib.SMTP(host, port, local_hostname="localhost", timeout=TIMEOUT_S) as server:
            if password is not None:
                server.starttls(context=ssl.create_default_context())
                server.login(mail.sender, password)
            return _say(server, mail, bytes(letter))
    except smtplib.SMTPResponseException as refusal:
        return SmtpResponse(refusal.smtp_code, _text(refusal.smtp_error))
    except (smtplib.SMTPException, OSError, UnicodeError) as failure:
        return SmtpResponse(0, str(failure) or type(failure).__name__)


def _say(server: SMTP, mail: Mail, content: bytes) -> SmtpResponse:
    """The three steps of RFC 5321; the first that is refused ends it."""
    server.ehlo_or_helo_if_needed()
    code, text = server.mail(mail.sender)
    if code == _GOOD:
        code, text = server.rcpt(mail.to)
    if code == _GOOD:
        code, text = server.data(content)
    return SmtpResponse(code, _text(text))


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
