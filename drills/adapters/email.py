"""Letters to customers: a MIME message (RFC 5322) handed to a mail server by SMTP (RFC 5321)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from drills.adapters.exchange import ERROR_MAX, Context, Mail, Result, SmtpResponse, one_line
from scenarios.organization import EmailTool

if TYPE_CHECKING:
    from email.message import EmailMessage

SUBJECT_MAX = 255

_MEANING = {2: 202, 4: 503, 5: 400}
"""SMTP's classes of reply in the workflow's terms, which are HTTP's: taken, later, never. (In SMTP 4xx means later.)"""


def request(fields: Mapping[str, Any], tool: EmailTool, context: Context) -> Mail:
    """A letter to the list of customers; its id holds the command's key, so that a repeated attempt is one letter."""
    local = "".join(mark if mark.isascii() and mark.isalnum() else "-" for mark in context.idempotency_key(fields))
    domain = tool.sender.rpartition("@")[2]
    return Mail(
        tool.sender, fields["to"], one_line(fields["subject"], SUBJECT_MAX), fields["html"], f"<{local}@{domain}>"
    )


def message(mail: Mail) -> EmailMessage:
    """The letter as it goes over the wire: HTML, and the same as plain text for those who read that. Whoever sends it
    dates it.
    """
    from email.message import EmailMessage
    from email.policy import SMTP

    made = EmailMessage(policy=SMTP.clone(cte_type="7bit"))  # What every server takes.
    made["From"], made["To"], made["Subject"] = mail.sender, mail.to, _encodable(mail.subject)
    made["Message-ID"] = mail.message_id
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(_encodable(plain_text(mail.html)))
    made.add_alternative(_encodable(mail.html), subtype="html")
    return made


def parse(content: bytes) -> Mail:
    """The letter that a MIME message holds, as a mail server or a reader's program understands it."""
    from email import message_from_bytes
    from email.message import EmailMessage
    from email.policy import SMTP

    read = message_from_bytes(content, policy=SMTP)
    assert isinstance(read, EmailMessage)
    body = read.get_body(("html",))
    html = "" if body is None else body.get_content()
    return Mail(str(read["From"]), str(read["To"]), str(read["Subject"]), html, str(read["Message-ID"]))


def outcome(response: SmtpResponse) -> Result:
    """A 2xx reply: the server has taken charge of the letter; its words name it."""
    status = _MEANING.get(response.code // 100, 503 if response.code else 0)
    if status == _MEANING[2]:
        return Result(True, status, "", one_line(response.text, ERROR_MAX))
    words = f"{response.code} {response.text}" if response.code else response.text
    return Result(False, status, one_line(words, ERROR_MAX), "")


def plain_text(html: str) -> str:
    """The words of a page's body, a line a block."""
    from html.parser import HTMLParser

    lines: list[list[str]] = [[]]

    class Words(HTMLParser):
        hidden = 0

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
            self.hidden += tag in _HIDDEN
            if tag in _BLOCKS:
                lines.append(["- "] if tag == "li" else [])

        def handle_endtag(self, tag: str) -> None:
            self.hidden -= tag in _HIDDEN
            if tag in _BLOCKS:
                lines.append([])

        def handle_data(self, data: str) -> None:
            if not self.hidden:
                lines[-1].append(data)

    reader = Words()
    reader.feed(html)
    reader.close()
    told = (" ".join("".join(line).split()) for line in lines)
    return "\n".join(line for line in told if line and line != "-") + "\n"


_HIDDEN = ("head", "script", "style", "title")
_BLOCKS = ("p", "div", "li", "ul", "ol", "br", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6")


def _encodable(text: str) -> str:
    """The text without lone surrogates, which no charset has."""
    return text.encode("utf-8", "replace").decode()
