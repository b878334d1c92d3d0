"""Alerts, health and reports of a dataset kept, told and served: the store, the notices, the routes of /v1.

What is measured and said is in `monitoring`; here are the database, the files, the mail and HTTP. Read first:
`watching.watch` (a dataset as of a day), `store.record_day` (what changed), `routes`.
"""
