"""F26, F29 and further names of the trade: columns made from signals."""

import numpy as np
import pandas as pd
import pytest

from features.build import build_features
from features.listing import list_blocks
from features.panel import Panel
from features.signal_blocks import FAMILIES
from features.specification import specify_features
from tests.features.facts import daily_panel, series_rows, signal_rows

UNITS = np.full((1, 120), 6.0)
EVERY = (*FAMILIES, "signals")


def told(panel: Panel, name: str, origin: int = 120) -> float:
    spec = specify_features(panel, 1, also=list(EVERY))
    return float(build_features(panel, spec, series_rows(0, [origin])).values[0, spec.names.index(name)])


@pytest.mark.parametrize(("growth", "surge"), [(1.25, 0.0), (1.40, 1.0)])
def test_search_volume_that_grew_by_more_than_30_percent_is_a_surge(growth: float, surge: float) -> None:
    volume = {day: 1000.0 * (growth if day >= 92 else 1.0) for day in range(120)}
    keywords = pd.DataFrame({"keyword": ["mug"], "sku": ["s0"], "weight": [1.0]}).astype(
        {"keyword": "str", "sku": "str"}
    )
    panel = daily_panel(UNITS, signals=[signal_rows("keyword_volume", volume, keyword="mug")], keywords=keywords)
    assert told(panel, "keyword_surge") == surge


def test_the_own_price_is_told_against_the_competitors() -> None:
    price = np.full((1, 120), 11.0)
    panel = daily_panel(UNITS, price=price, signals=[signal_rows("competitor_price", {100: 10.0}, sku="s0")])
    assert told(panel, "competitor_price_gap") == pytest.approx(np.log(1.1), rel=1e-4)


def test_acos_is_spend_over_advertised_sales_and_conversion_units_over_sessions() -> None:
    days = range(120)
    signals = [
        signal_rows("ad_spend", dict.fromkeys(days, 3.0), sku="s0"),
        signal_rows("ad_sales", dict.fromkeys(days, 20.0), sku="s0"),
        signal_rows("sessions", dict.fromkeys(days, 60.0), sku="s0"),
    ]
    panel = daily_panel(UNITS, signals=signals)
    assert told(panel, "acos") == pytest.approx(0.15)
    assert told(panel, "conversion") == pytest.approx(0.1)


def test_a_rate_over_nothing_is_unknown() -> None:
    signals = [signal_rows(name, dict.fromkeys(range(120), 0.0), sku="s0") for name in ("ad_spend", "ad_sales")]
    assert np.isnan(told(daily_panel(UNITS, signals=signals), "acos"))


def test_a_dataset_without_signals_has_none_of_their_blocks_and_is_told_why() -> None:
    panel = daily_panel(UNITS)
    assert not set(EVERY) & set(specify_features(panel, 1, also=EVERY).blocks)
    listed = list_blocks(panel, 1, also=EVERY).set_index("block")
    assert listed.loc["bsr", "why"] == "no signal called bsr is told"
    assert listed.loc["keyword", "why"] == "no signal called keyword_… or search_… is told"
