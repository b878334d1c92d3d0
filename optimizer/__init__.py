"""Optimizer: demand forecasts and supply terms → orders of least expected cost, each with its reason.

May import core and inventory, never features or training: it meets a model only as
core.types.DemandForecast. Read first: `plan.plan_orders` (the entrance), `cost_curve.first_order_curve`
(one SKU, the look-ahead) and `allocation.allocate` (what SKUs share, in PuLP).
"""
