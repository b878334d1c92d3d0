"""The stock hub over REST and on the command line: movements, positions, lots, channels and their orders.

Imports inventory's ledger and hub, and the platform. Read first: `routes.record_movements`, `channel_routes.take_order`
and `http_adapter.HttpAdapter` (how a channel with an API of its own is told).
"""
