"""An orders export's columns by name: common spellings are found, a mapping overrides them."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from core.errors import UsageError
from inventory.breach import RawTable, file_error
from inventory.cells import Cells, Fault, as_text, encode
from inventory.moment_text import DateOrder, parse_moments
from inventory.money import ExactNumbers
from inventory.number_text import parse_numbers, uses_decimal_comma
from inventory.reading import read_cells
from inventory.schema import LARGEST_NUMBER

__all__ = ["FIELDS", "OrderLines", "match_fields", "order_lines_of", "parse_mapping", "read_order_lines"]

FIELDS: dict[str, tuple[str, ...]] = {
    "order_id": (
        "invoiceno",
        "invoice",
        "invoicenumber",
        "orderid",
        "ordernumber",
        "orderno",
        "amazonorderid",
    ),
    "sku": (
        "sku",
        "stockcode",
        "sellersku",
        "merchantsku",
        "lineitemsku",
        "itemcode",
        "productcode",
        "productid",
    ),
    "date": ("invoicedate", "purchasedate", "orderdate", "createdat", "paymentsdate", "date"),
    "quantity": ("quantity", "units", "quantitypurchased", "qty", "lineitemquantity", "quantityordered"),
    "price": ("unitprice", "price", "priceperunit", "lineitemprice"),
    "total": ("itemprice", "linetotal", "totalprice", "lineamount"),
    "description": ("description", "productname", "title", "itemname", "lineitemname", "name"),
    "customer": ("customerid", "customer", "buyerid", "buyeremail", "email"),
    "country": ("country", "shipcountry", "shippingcountry"),
    "currency": ("currency", "currencycode"),
    "status": ("orderstatus", "status", "itemstatus"),
    "channel": ("saleschannel", "channel"),
    "location": ("location", "warehouse", "fulfillmentcenterid"),
}
"""Field → the header spellings that stand for it, compared without case, spaces and punctuation.

`price` is per unit; `total` is the line's amount (what marketplace order reports call item-price).
"""

REQUIRED = ("sku", "date", "quantity")
TEXTS = ("order_id", "sku", "description", "customer", "country", "currency", "status", "channel", "location")


@dataclass(frozen=True, slots=True)
class OrderLines:
    """An export's lines as values, in file order.

    frame: text fields (missing: NaN), `moment` datetime64[s] and `day`, `quantity` float64, and `fault`: why
    the line cannot be read ('' if it can). quantity and amount: exact numbers (n,), 0 where missing;
    `has_price` (n,): the export states a price. repeats (n,): the line says exactly what an earlier one
    says. rows (n,): line numbers in the file. broken: lines that cannot be split into cells (line, rule,
    remedy, text). headers: field → header used.
    """

    frame: pd.DataFrame
    quantity: ExactNumbers
    amount: ExactNumbers
    has_price: npt.NDArray[np.bool_]
    rows: npt.NDArray[np.int64]
    headers: Mapping[str, str]
    warnings: tuple[str, ...]
    repeats: npt.NDArray[np.bool_]
    broken: tuple[tuple[int, str, str, str], ...] = ()


def parse_mapping(text: str) -> dict[str, str]:
    """Return {"sku": "StockCode"} for "sku=StockCode"; raises UsageError for other words.

    >>> parse_mapping("sku=StockCode, date=InvoiceDate")
    {'sku': 'StockCode', 'date': 'InvoiceDate'}
    """
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    wrong = [field.strip() for field, sign, _ in pairs if not sign]
    if wrong:
        raise UsageError(f"'{wrong[0]}' in the mapping has no '='; write field=header, such as sku=StockCode")
    names = [field.strip() for field, _, _ in pairs]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise UsageError(f"'{twice[0]}' is in the mapping twice; name one column for it")
    return {field.strip(): header.strip() for field, _, header in pairs}


def match_fields(headers: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Return field → header; `mapping` goes first, an empty header there leaves the field out.

    Raises UsageError for a field or header that does not exist.
    """
    for field, header in mapping.items():
        if field not in FIELDS:
            raise UsageError(f"'{field}' is no field of an order line; {_nearest(field, list(FIELDS))}")
        if header and header not in headers:
            raise UsageError(f"the export has no column '{header}'; {_nearest(header, headers)}")
    plain = {re.sub(r"[\W_]+", "", header.casefold()): header for header in reversed(headers)}
    found = {field: header for field, header in mapping.items() if header}
    for field, spellings in FIELDS.items():
        if field not in mapping:
            known = [plain[spelling] for spelling in spellings if spelling in plain]
            if known and known[0] not in found.values():
                found[field] = known[0]
    return found


def _nearest(word: str, choices: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(choices)}"


def read_order_lines(source: Path, mapping: Mapping[str, str], date_order: DateOrder, time_zone: str) -> OrderLines:
    """Read an orders export (delimited text or Parquet); raises DataError for an unreadable file."""
    raw = read_cells("orders", source, [spelling for spellings in FIELDS.values() for spelling in spellings])
    headers = match_fields(list(raw.cells), mapping)
    for field in REQUIRED:
        if field not in headers:
            rule = f"no column of the export is the {field}"
            remedy = f"name it: {field}=HEADER; the file has {', '.join(raw.cells)}"
            raise file_error(raw.file, rule, remedy)
    if not len(raw.rows) and not raw.broken:
        raise file_error(raw.file, "has a header but no lines", "export the orders again")
    return order_lines_of(raw, headers, date_order, time_zone)


def order_lines_of(raw: RawTable, headers: Mapping[str, str], date_order: DateOrder, time_zone: str) -> OrderLines:
    """Return the lines of an export whose columns are known (field → header); raises DataError for ambiguous dates."""
    coded = {field: encode(as_text(raw.cells[header]))[0] for field, header in headers.items()}
    faults = _Faults(len(raw.rows))
    numbers = [as_text(raw.cells[headers[field]]) for field in ("quantity", "price", "total") if field in headers]
    comma = raw.comma and uses_decimal_comma(numbers)
    quantity = _exact(coded["quantity"], comma, "quantity", faults)
    amount, has_price = _amounts(coded, comma, quantity, faults)
    moments, wrong = parse_moments(raw.file, coded["date"].texts, date_order, time_zone)
    faults.add("date", coded["date"], wrong, required=True)
    columns = {field: _text(coded.get(field), len(raw.rows)) for field in TEXTS}
    faults.note("sku is empty", columns["sku"].isna().to_numpy())
    moment = pd.Series(moments[coded["date"].codes])
    frame = pd.DataFrame(
        {
            **columns,
            "moment": moment,
            "day": moment.dt.normalize(),
            "quantity": quantity.floats,
            "fault": faults.texts,
        }
    )
    return OrderLines(
        *(frame, quantity, amount, has_price, raw.rows, headers, tuple(raw.warnings)),
        repeats=_repeats(raw),
        broken=tuple(raw.broken),
    )


class _Faults:
    """Why lines cannot be read: the first reason found stays."""

    def __init__(self, count: int) -> None:
        self.texts = np.full(count, "", dtype=object)

    def note(self, reason: str, bad: npt.NDArray[np.bool_]) -> None:
        """Give `reason` to the lines in `bad` that have none yet."""
        self.texts[bad & (self.texts == "")] = reason

    def add(self, field: str, cells: Cells, faults: Sequence[Fault], required: bool = False) -> None:
        """Note what is wrong with a field's distinct texts, and required cells that are empty."""
        for fault in faults:
            self.note(f"{field} {fault.rule}", fault.bad[cells.codes])
        if required:
            empty = np.array([text == "" for text in cells.texts.to_pylist()], dtype=bool)
            self.note(f"{field} is empty", empty[cells.codes])


def _exact(cells: Cells, comma: bool, field: str, faults: _Faults) -> ExactNumbers:
    values, wrong = parse_numbers(cells.texts, comma)
    wrong.append(Fault("is beyond 1e12", "correct the number", np.abs(values) > LARGEST_NUMBER))
    faults.add(field, cells, wrong, required=field == "quantity")
    bad = np.zeros(len(cells.texts), dtype=bool)
    for fault in wrong:
        bad |= fault.bad
    texts = ["" if refused else text for text, refused in zip(cells.texts.to_pylist(), bad, strict=True)]
    return ExactNumbers.parse([text.replace(",", ".") for text in texts]).take(cells.codes)


def _amounts(
    coded: Mapping[str, Cells], comma: bool, quantity: ExactNumbers, faults: _Faults
) -> tuple[ExactNumbers, npt.NDArray[np.bool_]]:
    """Return each line's amount, signed as its quantity is, and whether the export states a price for it."""
    for field in ("price", "total"):
        if field in coded:
            cells = coded[field]
            stated = np.array([text != "" for text in cells.texts.to_pylist()], dtype=bool)[cells.codes]
            numbers = _exact(cells, comma, field, faults)
            return (quantity.times(numbers) if field == "price" else numbers), stated
    count = len(quantity.floats)
    return ExactNumbers.parse([""]).take(np.zeros(count, np.int64)), np.zeros(count, dtype=bool)


def _text(cells: Cells | None, count: int) -> pd.Series:
    if cells is None:
        return pd.Series(np.full(count, np.nan), dtype=object)
    distinct = np.array([text or np.nan for text in cells.texts.to_pylist()], dtype=object)
    return pd.Series(distinct[cells.codes], dtype=object)


def _repeats(raw: RawTable) -> npt.NDArray[np.bool_]:
    """Return which lines say in every column exactly what an earlier line says."""
    codes = np.zeros(len(raw.rows), dtype=np.int64)
    for cells in raw.cells.values():
        column = encode(as_text(cells) if not pa.types.is_string(cells.type) else cells)[0]
        codes = pd.factorize(codes * (len(column.texts) + 1) + column.codes)[0].astype(np.int64)
    return pd.Series(codes).duplicated().to_numpy()
