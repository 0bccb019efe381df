"""Alertmanager's decisions from its own configuration: who is told of an alert, in which group, when, or not at all.

Import from the modules: `routing` decides, `reading` reads the configuration.
"""
