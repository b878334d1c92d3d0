"""How far ahead a signal tells of demand, how strongly, and whether beyond chance."""

import numpy as np
import pytest

from features.build import build_features
from features.listing import list_signals
from features.panel import Panel
from features.rows import forecast_rows
from features.signal_response import SignalResponse, signal_response
from features.specification import specify_features
from tests.features.facts import daily_panel, signal_rows

SERIES, DAYS, LEAD, POWER = 30, 320, 9, 0.8


def searched(lead: int, power: float, seed: int = 5, late: int = 1) -> tuple[np.ndarray, list]:
    """Return units (n, T) that follow a search volume of `lead` days before to a power, and the volumes as rows."""
    random = np.random.default_rng(seed)
    waves = np.cumsum(random.normal(0, 0.12, (SERIES, DAYS + lead)), axis=1)
    waves -= np.apply_along_axis(lambda row: np.convolve(row, np.ones(81) / 81, "same"), 1, waves)
    units = random.poisson(20 * np.exp(power * waves[:, :DAYS])).astype(float)
    volume = np.rint(4000 * np.exp(waves[:, lead:]))
    rows = [
        signal_rows("search_volume", dict(enumerate(row)), sku=f"s{who}", available_on=None)
        for who, row in enumerate(volume)
    ]
    return units, rows


@pytest.fixture(scope="module")
def leading() -> Panel:
    units, rows = searched(LEAD, POWER)
    return daily_panel(units, signals=rows)


def response(panel: Panel) -> SignalResponse:
    return signal_response(panel, panel.signals[0])


def test_the_lead_and_the_power_of_a_leading_signal_are_found(leading: Panel) -> None:
    found = response(leading)
    assert found.sure
    assert abs(found.lead - LEAD) <= 1
    assert found.slopes[LEAD] == pytest.approx(POWER, abs=0.2)


def test_a_signal_of_others_is_left_out_and_says_why() -> None:
    units, _ = searched(LEAD, POWER, seed=5)
    _, strange = searched(LEAD, POWER, seed=6)
    panel = daily_panel(units, signals=strange)
    assert response(panel).silent
    assert specify_features(panel, 14).signals == ()
    remark = list_signals(panel).set_index("signal").loc["search_volume", "remark"]
    assert "told nothing of later demand" in remark


def test_a_signal_asked_for_by_its_block_is_used_whatever_it_told() -> None:
    units, _ = searched(LEAD, POWER, seed=5)
    _, strange = searched(LEAD, POWER, seed=6)
    panel = daily_panel(units, signals=strange)
    assert specify_features(panel, 14, also=("keyword",)).signals == ("search_volume",)


def test_nothing_after_the_panels_end_is_read(leading: Panel) -> None:
    units, rows = searched(LEAD, POWER)
    units[:, 250:] *= 7
    assert response(daily_panel(units, signals=rows).before(250)) == response(leading.before(250))


def test_the_column_is_the_level_times_the_signals_move_to_its_power(leading: Panel) -> None:
    spec = specify_features(leading, 14)
    rows = forecast_rows(SERIES, DAYS, 14)
    matrix = build_features(leading, spec, rows)
    column = matrix.values[:, matrix.names.index("search_volume_response")].reshape(SERIES, 14)
    slopes = spec.response_of("search_volume")[1:]
    lead = int(spec.response_of("search_volume")[0])
    _, stated = searched(LEAD, POWER)
    number = int(leading.series["sku"].iloc[3][1:])  # the panel sorts by name: s0, s1, s10, …
    volume = np.arcsinh(stated[number]["value"].to_numpy(dtype=float))
    for ahead in (0, 5, 13):
        used = min(DAYS + ahead - lead, DAYS - 1)
        lag = DAYS + ahead - used
        usual = volume[max(DAYS - lag - 28, 0) : DAYS - lag].mean()
        level = leading.history.units[3, -28:].mean() / matrix.scale.reshape(SERIES, 14)[3, ahead]
        assert column[3, ahead] == pytest.approx(np.log(level) + slopes[lag] * (volume[used] - usual), abs=1e-4)


def test_of_a_short_history_nothing_is_concluded() -> None:
    units, rows = searched(LEAD, POWER)
    panel = daily_panel(units[:, :40], signals=[row[row["date"] < row["date"].iloc[40]] for row in rows])
    found = response(panel)
    assert not found.sure
    assert not found.silent
    assert set(found.numbers) == {0.0}
