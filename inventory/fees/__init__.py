"""Marketplace fees: dated tables shipped as data (`rates/*.toml`) and what they ask for a stock.

Read first: `rate_card.read_rate_cards`, `projection.project_fees`, `stored_item.StoredItem`. May import core only.
"""
