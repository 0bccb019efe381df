"""Finding the cause and doing something about it: what is being looked at, applied, or waits for approval."""

from __future__ import annotations

from collections.abc import Callable

from drills.response.approvals import Approvals
from drills.response.demands import Demands
from drills.response.incident import Incident
from drills.response.messages import Act
from drills.response.team import Team


class Repair:
    """The acts of those who look for the cause and change the running system. `changed` is called when it changes."""

    def __init__(self, incident: Incident, team: Team, demands: Demands, changed: Callable[[], None]) -> None:
        self._incident = incident
        self._team = team
        self._demands = demands
        self._changed = changed
        self._approvals = Approvals(incident)
        self._examinations: set[str] = set()
        """Methods of investigation being followed."""
        self._mitigations: set[str] = set()
        """Actions being applied."""
        self.checks: dict[str, Callable[[Act], None]] = {
            "examine": self._check_examine,
            "finish_examination": self._check_finish_examination,
            "start_mitigation": self._check_start_mitigation,
            "approve": self._check_answer,
            "decline": self._check_decline,
            "finish_mitigation": self._check_finish_mitigation,
        }
        self.effects: dict[str, Callable[[Act], None]] = {
            "examine": self._examine,
            "finish_examination": self._finish_examination,
            "start_mitigation": self._start_mitigation,
            "approve": self._approve,
            "decline": self._decline,
            "finish_mitigation": self._finish_mitigation,
        }

    @property
    def impossible(self) -> set[str]:
        """Acts that there is nothing for now."""
        impossible = set() if self._mitigations else {"finish_mitigation"}
        impossible |= set() if self._examinations else {"finish_examination"}
        return impossible | (set() if self._approvals.waiting else {"approve", "decline"})

    def stop(self) -> None:
        """The incident is over: nothing waits for approval any more."""
        self._approvals.stop()

    def _check_examine(self, act: Act) -> None:
        self._demands.one_of(act, "method", tuple(self._incident.organization.investigation))
        if act.fields["method"] in self._examinations:
            raise self._demands.refuse(f"{act.fields['method']} is being looked at already")

    def _examine(self, act: Act) -> None:
        self._examinations.add(act.fields["method"])
        self._incident.emit("examination_started", person=act.person, method=act.fields["method"])

    def _check_finish_examination(self, act: Act) -> None:
        self._demands.text(act, "method")
        if act.fields["method"] not in self._examinations:
            raise self._demands.refuse(f"{act.fields['method']} is not being looked at")

    def _finish_examination(self, act: Act) -> None:
        self._examinations.remove(act.fields["method"])
        self._incident.emit("examination_finished", person=act.person, method=act.fields["method"])

    def _check_start_mitigation(self, act: Act) -> None:
        self._demands.text(act, "action")
        if act.fields["action"] in self._mitigations:
            raise self._demands.refuse(f"{act.fields['action']} is being applied already")
        if act.fields["action"] in self._approvals.waiting:
            raise self._demands.refuse(f"{act.fields['action']} waits for approval already")

    def _start_mitigation(self, act: Act) -> None:
        action, playbook = act.fields["action"], act.fields.get("playbook")
        role = self._approvals.role_for(action)
        if role is None or self._team.holders.get(role) == act.person:
            self._begin_mitigation(act.person, action, playbook)
        else:
            self._approvals.ask(act.person, action, playbook, role)

    def _begin_mitigation(self, person: str, action: str, playbook: str | None) -> None:
        self._changed()
        self._mitigations.add(action)
        self._incident.emit("mitigation_started", person=person, action=action, playbook=playbook)

    def _check_answer(self, act: Act) -> None:
        self._demands.one_of(act, "action", tuple(self._approvals.waiting))
        role = self._approvals.waiting[act.fields["action"]].role
        if self._team.holders.get(role) != act.person:
            holder = self._team.holders.get(role, "nobody yet")
            raise self._demands.refuse(f"{act.fields['action']} is for the {role} to approve, which is {holder}")

    def _check_decline(self, act: Act) -> None:
        self._check_answer(act)
        self._demands.text(act, "reason")

    def _approve(self, act: Act) -> None:
        request = self._approvals.answered(act.fields["action"])
        self._incident.emit("approval_given", person=act.person, action=request.action)
        self._begin_mitigation(request.person, request.action, request.playbook)

    def _decline(self, act: Act) -> None:
        request = self._approvals.answered(act.fields["action"])
        reason = act.fields["reason"]
        self._incident.emit(
            "approval_declined", person=act.person, action=request.action, reason=reason, asked_by=request.person
        )

    def _check_finish_mitigation(self, act: Act) -> None:
        self._demands.text(act, "action")
        if act.fields["action"] not in self._mitigations:
            raise self._demands.refuse(f"{act.fields['action']} is not being applied")

    def _finish_mitigation(self, act: Act) -> None:
        self._changed()
        self._mitigations.remove(act.fields["action"])
        self._incident.emit("mitigation_finished", person=act.person, action=act.fields["action"])
