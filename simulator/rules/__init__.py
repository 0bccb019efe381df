"""Alert and recording rules as Prometheus runs them: compiled from rule files, evaluated over stretches of time."""

from simulator.rules.alerting import AlertRule, Transition
from simulator.rules.compiler import compile_rules, scan_rules
from simulator.rules.groups import GroupEvaluator, RuleGroup, evaluate_together
from simulator.rules.recording import RecordingRule
from simulator.rules.rule_set import RuleSet

__all__ = [
    "AlertRule",
    "GroupEvaluator",
    "RecordingRule",
    "RuleGroup",
    "RuleSet",
    "Transition",
    "compile_rules",
    "evaluate_together",
    "scan_rules",
]
