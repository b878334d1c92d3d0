"""Features: sales history in, model input out, point in time.

May import core; reads inventory's tables as plain frames handed in. Read first: `panel.build_panel` (dense series ×
time), `build.build_features` (the one function for training, backtest and
serving) and `windows.fill_own_rows` (the compiled pass).
"""
