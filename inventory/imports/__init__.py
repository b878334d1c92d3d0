"""Reports of marketplaces and market tools: read by column name, every row accounted for, turned into tables.

Imports core and inventory only. Read first: `layout.Layout` (what a report looks like, as data in `layouts/*.toml`),
`importing.import_report` (files → tables and an account) and `feed.feed_tables` (fields → rows of tables).
"""
