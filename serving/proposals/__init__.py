"""From plan runs to proposals to purchase-order drafts: what an ERP must never get twice, lose or be surprised by.

Read first: `lifecycle.TRANSITIONS` (what may follow what), `run_store.store_plan` (what a plan job calls) and
`purchase_order_store.draft_orders`. May import everything; nothing below serving knows it.
"""
