"""What looks wrong, why, and what to do: alerts, slow movers, health, segments, the closed loop, notices.

Pure: facts, forecasts and plans come in as frames and arrays, the day and the clock with them. May import every room
but serving. Read `view.py` (what is looked at), `facts.py` (what is measured) and `alerts.py` (what is said of it).
"""
