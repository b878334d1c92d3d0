"""Inventory: facts. Dataset tables, importers of real exports, positions and terms of supply.

May import core only. Read first: `dataset.read_dataset` (a folder → validated tables),
`orders_import.import_orders` (an orders export → a dataset folder), `position.stock_on_hand` (what we have).
"""
