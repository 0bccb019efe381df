"""Alertmanager's decisions from its own configuration: who is told of an alert, in which group, when, or not at all."""

from simulator.alertmanager.reading import read_alertmanager
from simulator.alertmanager.routing import Inhibition, Interval, Route, Routing

__all__ = ["Inhibition", "Interval", "Route", "Routing", "read_alertmanager"]
