"""PromQL: expressions compiled once, evaluated over whole stretches of time, column by column.

Import from the modules: `expression` compiles, `series` holds what expressions read. `windows` finds the samples of
each evaluation; the others are the language: `selectors`, `range_functions`, `functions`, `histograms`, `operators`,
`aggregations`. `semantics` names where versions of Prometheus differ.
"""
