"""Demand over REST: what goes in (tables, planners' overrides) and what is asked (forecasts, scenarios, models).

Read first: `uploads.receive_upload` (rows → a new immutable version of a dataset), `contexts.context_of` (what
answers for a tenant's dataset, overrides applied), `scenarios.answer_scenario` (a base plan and its deltas).
"""
