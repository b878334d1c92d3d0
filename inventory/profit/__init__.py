"""What stock costs and earns: landed cost, holding and shortage, unit economics, markdowns, returns on stock, claims.

Read first: `unit_economics.UnitEconomics`, `landed_cost.landed_costs`, `stock_return.stock_returns`. May import core
and inventory.fees.
"""
