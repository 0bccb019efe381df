"""The store: a database that finds drills and incidents again, and owns what no journal holds.

A journal's file owns what happened. The tables made from journals and incident logs (`schema.INDEXED`) can be emptied
and filled again at any time; people's names and trainings, customers' ratings and action items (`schema.OWNED`) are
nowhere else. Importing this package imports no database library.
"""
