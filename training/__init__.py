"""Training: model input in, quantile forecasts and sample paths out, judged before they are used.

May import core and features. Read first: `boosted.fit_boosted` (the default model), `pipeline.train` (fit, judge,
calibrate) and `distribution.DemandDistribution` (what every model answers with).
"""
