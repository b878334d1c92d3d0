"""The stock hub: one position, many sales channels (H01–H14).

Imports core and inventory only. Read first: `publishable.publishable_units` (what a channel may show),
`orders.accept_order` (an order takes its units once or not at all) and `delivery.deliver_due` (how the other channels
hear of it).
"""
