"""What modelled people write in their updates: plain sentences, made of nothing but what players have seen.

The account knows the organisation's own file and the records that it is shown; it is never shown the world's truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from scenarios.fields import format_duration
from scenarios.organization import Organization
from simulator.journal import Record

_UNKNOWN = "not known yet"

_PREVENTION = (
    "We review this incident together and publish what we find.",
    "Whatever would have kept it from happening is given to somebody, with a date.",
    "We look at how we could have noticed it sooner.",
)
"""What can honestly be promised before a review has been held."""


class Response(Protocol):
    """What the account asks of the state of the response."""

    @property
    def state(self) -> str | None: ...
    @property
    def severity(self) -> str | None: ...
    @property
    def roles(self) -> Mapping[str, str]: ...


class Account:
    """What the team has seen of an incident so far."""

    def __init__(self, organization: Organization) -> None:
        self._organization = organization
        self._jobs = {job.job: job.service for job in organization.monitoring.jobs}
        self._title = ""
        self._signals: list[str] = []
        """Each thing that was noticed, in words."""
        self._services: list[str] = []
        """Titles of the user-facing services that it was noticed of."""
        self._cause = ""
        """Title of the service that was last named as the cause."""
        self._under_way: list[str] = []
        self._done: list[str] = []
        """Actions of the catalogue."""
        self._sees: dict[str, Callable[[Record], None]] = {
            "alert_notified": self._alert,
            "probe_failed": lambda record: self._notice("an uptime check of {} fails", record["service"]),
            "customer_reported": lambda record: self._notice("customers report trouble with {}", record["service"]),
            "team_noticed": lambda record: self._notice("an engineer saw errors of {}", record["service"]),
            "incident_declared": self._declared,
            "cause_identified": self._named,
            "mitigation_started": lambda record: self._under_way.append(record["action"]),
            "mitigation_finished": self._finished,
        }

    def observe(self, record: Record) -> None:
        """Something happened that players can see."""
        sees = self._sees.get(record["type"])
        if sees is not None:
            sees(record)

    def update(self, audience: str, response: Response) -> dict[str, str]:
        """Every field of an update to an audience (`internal` or `customers`), as the incident stands."""
        if audience == "internal":
            return self._for_colleagues(response)
        return self._for_customers(_status(response.state))

    # What is seen.

    def _alert(self, record: Record) -> None:
        service = self._jobs.get(record["labels"].get("job", ""))
        self._notice(f"{record['summary']} (alert {record['alert']})", service)

    def _notice(self, words: str, service: str | None) -> None:
        title = "" if service is None else self._organization.services[service].title
        _add(self._signals, words.replace("{}", title))
        if service is not None and self._organization.services[service].user_facing:
            _add(self._services, title)

    def _declared(self, record: Record) -> None:
        self._title = record["title"]

    def _named(self, record: Record) -> None:
        service = self._organization.services.get(record["cause"])
        self._cause = record["cause"] if service is None else service.title

    def _finished(self, record: Record) -> None:
        self._under_way = [action for action in self._under_way if action != record["action"]]
        _add(self._done, record["action"])

    # What is written.

    def _for_colleagues(self, response: Response) -> dict[str, str]:
        status = _status(response.state)
        required = self._organization.severities[response.severity or ""].roles
        missing = [role.replace("_", " ") for role in required if role not in response.roles]
        return {
            "status": status,
            "impact": _sentence(self._signals or [self._title]),
            "progress": self._progress(status),
            "next_steps": self._next_steps(status),
            "eta": self._eta(status),
            "need_help": f"Yes, nobody has joined yet as {_listed(missing)}." if missing else "No.",
        }

    def _for_customers(self, status: str) -> dict[str, str]:
        if status == "identified":
            return {"status": status, "component": self._cause or "one of our systems", "eta": self._eta(status)}
        if status == "monitoring":
            return {"status": status}
        affected = _listed(self._services) or "our service"
        if status == "investigating":
            return {"status": status, "issue_description": f"problems with {affected}"}
        changes = self._titles(action for action in self._done if self._changes(action))
        return {
            "status": status,
            "non_technical_explanation": f"A part that we depend on, {self._cause}, did not work as it should."
            if self._cause
            else "A part of our systems did not work as it should.",
            "customer_impact_description": f"You may have met errors or delays while using {affected}.",
            "resolution_summary": f"Our team put it right. What was done: {_listed(changes)}."
            if changes
            else "It works again, and our team has checked that it does.",
            **{f"prevention_measure_{number}": text for number, text in enumerate(_PREVENTION, start=1)},
        }

    def _progress(self, status: str) -> str:
        sentences = [f"The cause seems to be {self._cause}" if self._cause else "The cause is not known yet"]
        if self._done:
            sentences.append(f"Done so far: {_listed(self._titles(self._done))}")
        if self._under_way:
            sentences.append(f"Under way: {_listed(self._titles(self._under_way))}")
        if status == "monitoring":
            sentences.append("It looks better, and we watch whether it stays so")
        return ". ".join(sentences) + "."

    def _next_steps(self, status: str) -> str:
        if status == "monitoring":
            return (
                f"Watch for {format_duration(self._organization.closure.verify_for)}, then check that users are well."
            )
        if self._under_way:
            return f"See whether this helps: {_listed(self._titles(self._under_way))}."
        return "Try the next step of the playbook." if self._cause else "Find the cause."

    def _eta(self, status: str) -> str:
        """When it may be over, by how long what is being done takes according to the catalogue."""
        if status == "monitoring":
            return f"about {format_duration(self._organization.closure.verify_for)}"
        changes = [action for action in self._under_way if self._changes(action)]
        if not changes:
            return _UNKNOWN
        return f"about {format_duration(max(self._organization.actions[action].takes for action in changes))}"

    def _changes(self, action: str) -> bool:
        return self._organization.actions[action].kind == "change"

    def _titles(self, actions: Iterable[str]) -> list[str]:
        titles = (self._organization.actions[action].title for action in actions)
        return [title[:1].lower() + title[1:] for title in titles]


def _status(state: str | None) -> str:
    """A state of the workflow as it is told."""
    return state if state in ("identified", "monitoring", "resolved") else "investigating"


def _add(known: list[str], text: str) -> None:
    if text not in known:
        known.append(text)


def _listed(words: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`; empty for nothing."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _sentence(parts: list[str]) -> str:
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."
