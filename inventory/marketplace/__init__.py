"""What a marketplace's interface asks for and answers, without its network: rates, reports, quantities, stock rows.

Imports core and inventory only. Read first: `usage_plan.UsagePlan` (how fast we may ask), `report_flow.next_move` (what
a report's state means), `listing_quantity.quantity_patch` (how a quantity is told).
"""
