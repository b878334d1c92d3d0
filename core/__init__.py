"""Core: the words that every room shares.

Imports nothing of ours. Read first: `types.DemandForecast` (where training and optimizer meet),
`errors.FillrateError` (the error tree) and `frequency.Frequency` (days, weeks and `as_of`).
"""
