"""Nothing dated on or after `as_of`, and not known ahead, moves a feature or a forecast by a bit."""

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.frequency import Frequency
from features.build import build_features
from features.catalogue import BLOCKS
from features.panel import build_panel
from features.rows import forecast_rows, training_rows
from features.specification import specify_features
from tests.simulated import simulated_signals, simulated_tables
from tests.training.conftest import QUICK
from training.boosted import fit_boosted

AS_OF = date(2023, 7, 20)
TABLES = simulated_signals(simulated_tables(series=6, days=260, seed=8), seed=9)
EXTRA = tuple(block.name for block in BLOCKS if not block.default)
"""Every block is on, whatever the defaults: none may leak."""

KINDS = (
    *("deleted", "multiplied", "out of stock", "repriced", "a newcomer"),
    *("announced later", "signalled later", "returned later"),
)


def vandalised(tables: dict[str, pd.DataFrame], seed: int, kind: str) -> dict[str, pd.DataFrame]:
    """Return the tables with every fact from AS_OF on changed in one way."""
    random = np.random.default_rng(seed)
    sales = tables["sales"].copy()
    future = sales["date"] >= pd.Timestamp(AS_OF)
    if kind == "deleted":
        sales = sales[~future].reset_index(drop=True)
    elif kind == "multiplied":
        sales.loc[future, "units"] = (sales.loc[future, "units"] + 1) * float(random.integers(2, 1000))
    elif kind == "out of stock":
        sales.loc[future, "in_stock"] = 0.0
    elif kind == "repriced":
        sales.loc[future, "price"] = float(random.uniform(0.01, 500))
    elif kind == "a newcomer":
        newcomer = sales[future].assign(sku="aaa-new", units=77.5)
        sales = pd.concat([newcomer, sales], ignore_index=True).astype({"sku": "str"})
    signals, promotions = tables["signals"].copy(), tables["promotions"]
    if kind == "announced later":
        promotions, signals = announced_later(promotions, signals)
    unknown = signals.iloc[:40].assign(date=pd.Timestamp(AS_OF), name="rumours", value=9.0, known_ahead=False)
    signals = pd.concat([told_later(signals, kind, random), unknown], ignore_index=True)
    returns = tables["returns"]
    if kind in ("returned later", "deleted"):
        late = returns["date"] >= pd.Timestamp(AS_OF)
        returns = returns[~late] if kind == "deleted" else returns.assign(units=returns["units"] + 50 * late)
    return {**tables, "sales": sales, "signals": signals, "promotions": promotions, "returns": returns}


def told_later(signals: pd.DataFrame, kind: str, random: np.random.Generator) -> pd.DataFrame:
    """Return the signals with those dated or published on or after AS_OF changed: ranks, search terms, competitors."""
    past_only = ~signals["known_ahead"]
    later = past_only & (signals["date"] >= pd.Timestamp(AS_OF))
    if kind == "deleted":
        return signals[~later].reset_index(drop=True)
    if kind == "signalled later":
        signals = signals.assign(value=signals["value"].where(~later, float(random.integers(1, 10**6))))
        tomorrow = pd.Timestamp(AS_OF) + pd.Timedelta(days=1)
        corrected = signals[past_only].assign(value=1e6, available_on=tomorrow)
        another = signals[past_only].assign(name="bsr_sub", available_on=tomorrow)
        return pd.concat([signals, corrected, another], ignore_index=True)
    return signals


def announced_later(promotions: pd.DataFrame, signals: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both with plans that were published the day after AS_OF: other kinds, other days, other values."""
    tomorrow = pd.Timestamp(AS_OF) + pd.Timedelta(days=1)
    mega = promotions.assign(kind="mega", known_from=tomorrow, end=promotions["end"] + pd.Timedelta(days=90))
    revised = signals.assign(value=9.0, available_on=tomorrow)
    another = signals.assign(name="school holiday", available_on=tomorrow)
    return pd.concat([promotions, mega, mega], ignore_index=True), pd.concat([revised, signals, another])


def features_and_forecast(tables: dict[str, pd.DataFrame]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    panel = build_panel(tables, Frequency.DAILY, AS_OF, holidays="US")
    specification = specify_features(panel, 14, also=EXTRA)
    features = build_features(panel, specification, training_rows(panel, 14, 3000, 200, seed=1)).values
    model = fit_boosted(panel, 14, replace(QUICK, features_on=EXTRA))
    forecast = model.distribution(panel, 14).forecast((0.05, 0.5, 0.95), paths=20, seed=2)
    return features, forecast.quantiles, forecast.paths


@cache
def untouched() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return features_and_forecast(TABLES)


@example(seed=0, kind="announced later")
@example(seed=0, kind="signalled later")
@example(seed=0, kind="returned later")
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**16),
    kind=st.sampled_from(KINDS),
)
def test_changing_what_comes_later_changes_no_feature_quantile_or_path(seed: int, kind: str) -> None:
    touched = features_and_forecast(vandalised(TABLES, seed, kind))
    for before, after in zip(untouched(), touched, strict=True):
        np.testing.assert_array_equal(before, after)


def test_changing_the_day_before_does_change_the_forecast() -> None:
    sales = TABLES["sales"].copy()
    yesterday = sales["date"] == pd.Timestamp(AS_OF) - pd.Timedelta(days=1)
    sales.loc[yesterday, "units"] += 50
    features, _, _ = features_and_forecast({**TABLES, "sales": sales})
    assert not np.array_equal(features, untouched()[0])


def test_every_block_of_signals_is_really_on_in_these_tests() -> None:
    panel = build_panel(TABLES, Frequency.DAILY, AS_OF)
    on = specify_features(panel, 14, also=EXTRA).blocks
    assert {"bsr", "keyword", "competitor", "ads", "traffic", "signals", "returns", "pooled", "trend"} <= set(on)


def test_what_was_told_the_day_before_does_change_features() -> None:
    signals = TABLES["signals"]
    yesterday = ~signals["known_ahead"] & (signals["date"] == pd.Timestamp(AS_OF) - pd.Timedelta(days=1))
    touched = signals.assign(value=signals["value"].where(~yesterday, 5e5))
    panels = [build_panel({**TABLES, "signals": table}, Frequency.DAILY, AS_OF) for table in (signals, touched)]
    rows = forecast_rows(6, panels[0].periods, 3)
    before, after = (build_features(panel, specify_features(panel, 3, also=EXTRA), rows) for panel in panels)
    moved = [
        name for place, name in enumerate(after.names)
        if not np.array_equal(before.values[:, place], after.values[:, place], equal_nan=True)
    ]  # fmt: skip
    assert {"bsr_last", "keyword_volume_change_short", "competitor_price_gap", "acos", "conversion"} <= set(moved)
