"""Markdown ladders: the guide's case and a simulation of the sale day by day (M35, M44, C14, E33)."""

from decimal import Decimal

import pytest

from core.errors import UsageError
from inventory.profit.markdown import MarkdownSettings, best_rung, markdown_ladder
from inventory.profit.unit_economics import UnitEconomics

UNIT = UnitEconomics(Decimal("39.99"), Decimal("18"), fulfilment=Decimal("4.75"))


def test_m35_the_ladder_leads_from_39_99_to_29_99_step_by_step_with_its_break_even():
    ladder = markdown_ladder(UNIT, Decimal(200), Decimal(2))
    assert [str(rung.price) for rung in ladder] == ["39.99", "37.99", "35.99", "33.99", "31.99", "29.99"]
    assert round(ladder[-1].discount, 3) == Decimal("0.250")  # E33: −25.0 %
    assert UNIT.break_even == Decimal("22.75") / Decimal("0.85")  # 26.76
    assert all(rung.above_break_even for rung in ladder)
    deep = markdown_ladder(UNIT, Decimal(200), Decimal(2), settings=MarkdownSettings(deepest=Decimal("0.5")))
    assert [rung.above_break_even for rung in deep] == [True, True, True, True, False, False]


def test_cash_is_what_a_day_by_day_sale_brings():
    settings = MarkdownSettings(horizon_days=60, elasticity=Decimal(2), price_end=None)
    ladder = markdown_ladder(UNIT, Decimal(100), Decimal(1), Decimal("0.02"), Decimal("1.53"), settings)
    for rung in ladder:
        stock, cash, steps = 100.0, 0.0, 1000
        for _ in range(60 * steps):
            sold = min(float(rung.daily_units) / steps, stock)
            cash += sold * float(rung.contribution) - (stock - sold / 2) * 0.02 / steps
            stock -= sold
        assert float(rung.cash) == pytest.approx(cash - stock * 1.53, rel=1e-3)
        assert float(rung.left) == pytest.approx(stock, abs=1e-6)


def test_much_stock_that_nobody_buys_is_best_sold_cheaply_and_scarce_stock_at_full_price():
    plenty = markdown_ladder(UNIT, Decimal(2000), Decimal(2), Decimal("0.05"), Decimal("2.27"))
    scarce = markdown_ladder(UNIT, Decimal(20), Decimal(2), Decimal("0.05"), Decimal("2.27"))
    assert best_rung(plenty).price == Decimal("29.99")
    assert best_rung(scarce).price == Decimal("39.99")
    assert best_rung(scarce).clear_days == 10
    assert best_rung(plenty).clear_days is None


def test_nothing_sold_leaves_all_to_be_removed():
    (first, *_) = markdown_ladder(UNIT, Decimal(10), Decimal(0), Decimal("0.01"), Decimal(1))
    assert first.cash == -10 - Decimal("0.01") * 10 * 90
    assert first.clear_days is None


def test_a_ladder_to_nowhere_is_refused():
    with pytest.raises(UsageError, match="a ladder from"):
        markdown_ladder(UNIT, Decimal(1), Decimal(1), settings=MarkdownSettings(deepest=Decimal(1)))
