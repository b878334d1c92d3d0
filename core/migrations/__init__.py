"""Alembic's environment and the revisions of the service's database, oldest first in `versions`.

A revision never imports table definitions: it says what changed then, whatever the tables are called later.
"""
