"""Timelines from outside: what a report says of a real incident, or another tool of its drill, read and measured."""
