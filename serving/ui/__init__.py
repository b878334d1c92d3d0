"""The planner's page under /ui: HTML drawn on the server from the same use cases as the API; nothing is computed twice.

May import: everything. Read first: `visit.visiting`, `page.page`, `routes.ROUTERS`.
"""
