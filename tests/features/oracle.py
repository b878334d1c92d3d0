"""The features again, one row at a time in plain numpy, as slowly and as plainly as they can be written."""

import numpy as np

from features.build import LEAST_LEVEL
from features.panel import Panel
from features.specification import FeatureSpecification


def mean_observed(panel: Panel, who: int, start: int, stop: int) -> float:
    start = max(start, 0)
    seen = panel.history.observed[who, start:stop] > 0
    units = panel.history.units[who, start:stop].astype(np.float64)
    return float(units[seen].mean()) if seen.any() else np.nan


def ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom > 1e-6 else np.nan


def own_features(panel: Panel, spec: FeatureSpecification, who: int, now: int, ahead: int) -> dict[str, float]:
    """Return the columns of the series' own past by name, and `scale`."""
    history = panel.history
    windows, season, year = spec.windows, spec.season, spec.year
    target = now + ahead
    begun = min(int(history.first[who]), now)
    before = history.observed[:, :now] > 0
    floor = LEAST_LEVEL * float(history.units[:, :now][before].astype(np.float64).mean())

    def mean(start: int, stop: int) -> float:
        return mean_observed(panel, who, start, stop)

    start_known = windows[1] if panel.periods < year else 0
    life = mean(begun, now)
    long = mean(now - windows[4], now)
    long = life if np.isnan(long) else long
    short = mean(now - windows[2], now)
    short = long if np.isnan(short) else short
    level = 0.4 * short + 0.4 * long + 0.2 * life
    level = floor if np.isnan(level) else level + floor
    row = {
        "scale": level,
        "log_scale": np.log(level),
        "horizon": ahead + 1,
        "age": min(now - history.first[who] if history.first[who] > start_known else windows[4], windows[4]),
    }
    for length in windows:
        row[f"mean_{length}"] = mean(now - length, now) / level
    seen = history.observed[who, :now] > 0
    units = history.units[who, :now].astype(np.float64)
    for place in (2, 4):
        recent = units[-windows[place] :][seen[-windows[place] :]]
        row[f"deviation_{windows[place]}"] = recent.std() / level if len(recent) else np.nan
        row[f"zero_share_{windows[place]}"] = (recent == 0).mean() if len(recent) else np.nan
    recent = units[-windows[2] :][seen[-windows[2] :]]
    row["maximum"] = recent.max() / level if len(recent) else np.nan
    for name, alpha in (("ewma_slow", 0.05), ("ewma_fast", 0.25)):
        smooth = np.nan
        for value in units[seen]:
            smooth = value if np.isnan(smooth) else smooth + alpha * (value - smooth)
        row[name] = smooth / level
    for lag in (1, 2, 3):
        row[f"lag_{lag}"] = units[now - lag] / level if now >= lag and seen[now - lag] else np.nan
    sold = np.flatnonzero(units > 0)
    row["since_sale"] = now - 1 - (sold[-1] if len(sold) else history.first[who] - 1)
    of_year = units[-windows[5] :][seen[-windows[5] :]]
    sales = int((of_year > 0).sum())
    row["sale_interval"] = ratio(len(of_year), sales)
    row["sale_size"] = ratio(of_year.sum(), sales) / level
    row["variance_ratio"] = ratio(of_year.var(), of_year.mean()) if len(of_year) else np.nan
    row["observed_share"] = seen[-windows[2] :].sum() / windows[2]
    row["in_stock_last"] = history.in_stock[who, now - 1]
    row["in_stock_recent"] = history.in_stock[who, :now][-windows[1] :].sum() / windows[1]
    price = history.price[who, :now].astype(np.float64)
    for name, place in (("price_level", 4), ("price_change", 2)):
        usual = np.nanmean(price[-windows[place] :]) if np.isfinite(price[-windows[place] :]).any() else np.nan
        row[name] = np.log(price[-1] / usual)
    for cycles in (4, 8, 26):
        days = [day for day in range(now) if (target - day) % season == 0][-cycles:] if season > 1 else []
        values = [units[day] for day in days if seen[day]]
        row[f"same_weekday_{cycles}"] = np.mean(values) / level if values else np.nan
    reach = 3 if season > 1 else 1
    for back, name in ((1, "year_ago_ratio"), (2, "two_years_ago_ratio")):
        centre = target - back * year
        top = mean(centre - reach, min(centre + reach + 1, now)) if centre + reach + 1 > 0 else np.nan
        stop = now - back * year
        base = mean(stop - windows[3], stop) if stop > 0 else np.nan
        row[name] = ratio(top, base)
        if back == 1:
            row["year_ago"] = top / level
    return row
