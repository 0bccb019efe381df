"""The report of a drill: `render` makes one self-contained HTML file."""

from scoring.report.page import render

__all__ = ["render"]
