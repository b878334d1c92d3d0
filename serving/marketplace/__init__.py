"""The connector to Amazon's Selling Partner API (extra `amazon`): reports, warehouse stock, quantities of listings.

Read first: `selling_partner.SellingPartner` (every operation, its rate and its back-off), `report_job` and `feed_job`
(durable work), `amazon_adapter.AmazonAdapter` (the hub's channel). What needs no network is in `inventory.marketplace`.
"""
