"""Files of a draft: the same draft, the same bytes; nothing is lost or made up between formats."""

import csv
import io
import json
import time
from datetime import UTC, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.proposals.purchase_order_file import COLUMNS, FileFormat, format_named, render

MOMENT = datetime(2024, 7, 29, 12, 0, 1, tzinfo=UTC)
FORMATS = [FileFormat("json"), FileFormat("xlsx"), FileFormat("csv"), FileFormat("csv", ";", ",", True, False)]


def document(sku="A", supplier="Acme", unit_cost="2.50"):
    line = {"position": 1, "proposal_id": "p", "sku": sku, "quantity": 24, "unit": "C62", "case_pack": 6, "cases": 4}
    line |= {"unit_cost": unit_cost, "line_total": unit_cost and "60.00", "order_by": "2024-07-29"}
    line |= {"arrive_on": "2024-08-18", "violations": []}
    head = {"draft_id": "d", "supplier": supplier, "mode": "sea", "ship_to": "main", "currency": "EUR"}
    return {**head, "lines": [line, {**line, "position": 2, "sku": "B"}]}


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_the_same_draft_is_the_same_bytes_whenever_it_is_written(form):
    first = render(form, document(), MOMENT)
    if form.kind == "xlsx":
        time.sleep(2.1)  # a ZIP archive tells time in steps of two seconds
    assert render(form, document(), MOMENT) == first


def test_every_format_has_the_same_cells():
    rows = list(csv.reader(io.StringIO(render(FileFormat("csv"), document(), MOMENT).decode())))
    sheet = openpyxl.load_workbook(io.BytesIO(render(FileFormat("xlsx"), document(), MOMENT))).active
    cells = [["" if value is None else str(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    assert rows[0] == cells[0] == list(COLUMNS)
    money = {COLUMNS.index("unit_cost"), COLUMNS.index("line_total")}
    for row, other in zip(rows[1:], cells[1:], strict=True):
        assert [value for at, value in enumerate(row) if at not in money] == [
            value for at, value in enumerate(other) if at not in money
        ]
        assert [float(row[at]) for at in sorted(money)] == [float(other[at]) for at in sorted(money)]
    assert json.loads(render(FileFormat("json"), document(), MOMENT)) == document()


def test_an_unknown_unit_cost_is_an_empty_cell():
    (_, row, _) = csv.reader(io.StringIO(render(FileFormat("csv"), document(unit_cost=None), MOMENT).decode()))
    assert [row[COLUMNS.index(name)] for name in ("unit_cost", "line_total")] == ["", ""]


@given(sku=st.text(min_size=1, max_size=12).filter(lambda text: text.isprintable() and text.strip() == text))
def test_whatever_a_sku_is_called_it_comes_back_to_the_letter_and_is_no_formula(sku):
    raw = render(FileFormat("csv", guard=False), document(sku), MOMENT).decode()
    assert next(iter(csv.DictReader(io.StringIO(raw))))["sku"] == sku
    guarded = next(iter(csv.DictReader(io.StringIO(render(FileFormat("csv"), document(sku), MOMENT).decode()))))["sku"]
    assert guarded.lstrip("'") == sku.lstrip("'")
    assert not guarded.startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_a_format_is_found_by_its_name(form):
    assert format_named(form.name) == form
    assert format_named(form.name + "-x") is None
