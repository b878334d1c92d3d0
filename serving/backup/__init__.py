"""Backup and restore: one archive of everything that the service keeps, consistent while it writes.

May import core and serving's settings, tenants and files. Read first: `saving.save_backup`, `restoring.restore_backup`,
`manifest.Manifest`. Why it is so: docs/decisions/0028-one-archive-and-one-exchange.md.
"""
