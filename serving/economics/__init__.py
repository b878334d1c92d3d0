"""Fees, profit, suppliers and returns over REST: the tables of `fillrate fees | profit | suppliers | returns`.

Read first: `opened.opened_books` (the caller's dataset, its stock projected into fees), `routes`, `return_routes`.
"""
