"""Training: model input in, quantile forecasts and sample paths out, judged before they are used.

May import core and features. Read first: `forecaster.Forecaster` (what every model can do), `boosted.fit_boosted` (the
default model) and `pipeline.train` (fit, judge, calibrate).
"""
