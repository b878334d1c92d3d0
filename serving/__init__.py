"""Serving: the command line, the REST API and the BentoML service; all three call the same functions.

May import every other room. Read first: `use_cases.forecast` and `use_cases.plan` (the straight line, with
`champion.fitting_champion` for which model is used), then `service.Fillrate`.
"""
