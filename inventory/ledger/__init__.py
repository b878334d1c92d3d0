"""The stock ledger: append-only movements, and everything that is a fold over them.

Imports core and inventory only. Read first: `movement.ALLOWED` (what each kind of movement moves from where to where),
`book.record` (how movements are written) and `lots.fold_lots` (first in, first out).
"""
