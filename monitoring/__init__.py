"""Monitoring: rules over facts, forecasts and plans: what looks wrong and what to do.

May import all rooms but serving. Empty so far: alerts, slow movers and the health score come with their issue.
"""

__all__: list[str] = []
