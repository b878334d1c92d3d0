"""Grouping and sums of drafts, against plain arithmetic."""

from decimal import Decimal
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from serving.proposals.amounts import amount_text
from serving.proposals.purchase_order import Limits, OrderLine, checks_of, grouped, totals_of

lines = st.builds(
    OrderLine,
    proposal_id=st.text("ab", min_size=1),
    sku=st.text("xyz", min_size=1),
    quantity=st.integers(1, 50).map(lambda packs: packs * 6),
    case_pack=st.just(6),
    unit_cost=st.none() | st.decimals("0.0001", "99.9999", places=4),
    order_by=st.dates().map(str),
    arrive_on=st.dates().map(str),
    volume=st.floats(0, 9).map(lambda volume: round(volume, 3)),
    spend=st.decimals("0", "999", places=4),
    violations=st.just(()),
)


@given(found=st.lists(lines, min_size=1, max_size=8))
def test_totals_are_the_sums_of_the_lines(found):
    totals = totals_of(found)
    known = [line for line in found if line.unit_cost is not None]
    assert totals["units"] == sum(line.quantity for line in found) == 6 * totals["cases"]
    assert totals["subtotal"] == amount_text(sum((line.quantity * line.unit_cost for line in known), Decimal(0)))
    assert totals["lines_without_cost"] == len(found) - len(known)
    assert totals["order_by"] == min(line.order_by for line in found)


@given(found=st.lists(lines, min_size=1, max_size=8), units=st.integers(1, 600), container=st.sampled_from([2.0, 5.0]))
def test_a_check_is_met_exactly_where_its_limit_is_kept(found, units, container):
    limits = Limits(minimum_units=units, container_volume=container, budget=Decimal(100))
    checks = {check["name"]: check for check in checks_of(found, limits, Decimal("100.0001"))}
    total = sum(line.quantity for line in found)
    assert checks["minimum_units"]["is_met"] is (total >= units)
    assert checks["minimum_units"]["missing"] == (str(units - total) if total < units else "")
    assert (checks["budget"]["is_met"], checks["budget"]["missing"]) == (False, "0.0001")
    assert "minimum_value" not in checks


@given(st.lists(st.tuples(*[st.sampled_from("AB")] * 4, st.text("xy", min_size=1)), max_size=12))
def test_every_row_is_in_the_group_of_its_supplier_mode_place_and_currency(keys):
    names = ("supplier", "mode", "location", "currency", "sku")
    rows = [SimpleNamespace(**dict(zip(names, key, strict=True))) for key in keys]
    groups = grouped(rows)
    assert sum(map(len, groups.values())) == len(rows)
    for group, members in groups.items():
        assert {(row.supplier, row.mode, row.location, row.currency) for row in members} == {tuple(group)}
        assert [row.sku for row in members] == sorted(row.sku for row in members)
