"""What each line of an orders export is: every line falls into exactly one bucket, for one stated reason."""

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from inventory.moment_text import DateOrder
from inventory.order_columns import OrderLines
from inventory.rules import DAYS_AHEAD, OLDEST, newest_plausible

__all__ = ["Bucket", "ImportRules", "classify", "main_currency", "quick_cancellations", "sku_codes"]


class Bucket(StrEnum):
    """The six places a line can end in."""

    SALE = "sale"
    RETURN = "return"
    NOT_A_PRODUCT = "not a product"
    ADJUSTMENT = "adjustment"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ImportRules:
    """How an export's lines are read and sorted; the defaults fit the UCI Online Retail export and its like.

    not_products: codes that are charges, postage, samples or vouchers; `*` and `?` are wildcards, case is
    ignored. cancellation_prefix: invoice numbers that start so cancel an earlier order ('' : none do).
    cancelled_statuses: order states in which nothing was sold. fold_case: `85123a` and `85123A` are one
    sku. drop_repeats: a line that says exactly what an earlier one says is a duplicate (default: two
    sales). cancelled_within_minutes: a cancellation that follows its order so fast is paired with it and
    reported; drop_cancelled_pairs takes both lines out of sales and returns. frequency: the period of the
    sales table.
    """

    not_products: tuple[str, ...] = (
        *(
            "POST",
            "DOT",
            "C2",
            "M",
            "D",
            "S",
            "B",
            "PADS",
            "CRUK",
            "BANK CHARGES",
            "AMAZONFEE",
            "GIFT_0001_*",
        ),
    )
    cancellation_prefix: str = "C"
    cancelled_statuses: tuple[str, ...] = ("cancelled", "canceled")
    fold_case: bool = True
    drop_repeats: bool = False
    cancelled_within_minutes: float = 60.0
    drop_cancelled_pairs: bool = False
    frequency: Frequency = Frequency.DAILY
    currency: str | None = None
    time_zone: str = "UTC"
    date_order: DateOrder = field(default=DateOrder.AUTO)


def sku_codes(lines: OrderLines, rules: ImportRules) -> pd.Series:
    """Return each line's sku as the tables will name it (n,): as written, or in capitals."""
    sku = lines.frame["sku"]
    if not rules.fold_case:
        return sku
    codes, distinct = pd.factorize(sku)
    folded = np.array([*(code.upper() for code in distinct), np.nan], dtype=object)
    return pd.Series(folded[codes], index=sku.index)


def classify(lines: OrderLines, rules: ImportRules) -> pd.DataFrame:
    """Return bucket and reason of every line (n,). The first rule that fits decides, in this order:

    1. rejected: a cell that cannot be read, an absurd date, another currency;
    2. duplicate: an exact repeat (only with `drop_repeats`);
    3. not a product: the code is a charge, postage, a sample, a voucher;
    4. return: the invoice number cancels an order;
    5. adjustment: the order's status is cancelled, or the quantity is 0;
    6. a negative quantity: with a price a return (money back), without one an adjustment (stock corrected);
    7. adjustment: a price of 0 or none, where the export has prices (given away, found, entered in error);
    8. sale. Then, with `drop_cancelled_pairs`, orders cancelled within minutes become adjustments.
    """
    verdict = _Verdict(len(lines.frame))
    for bucket, reason, where in _tests(lines, rules):
        verdict.give(bucket, reason, where)
    verdict.give(Bucket.SALE, "", np.ones(len(lines.frame), dtype=bool))
    return verdict.frame()


class _Verdict:
    """Buckets given so far; the first one stays."""

    def __init__(self, count: int) -> None:
        self.buckets = np.full(count, "", dtype=object)
        self.reasons = np.full(count, "", dtype=object)

    def give(self, bucket: Bucket, reason: str | npt.NDArray[np.object_], where: npt.NDArray[np.bool_]) -> None:
        """Give `bucket` for `reason` (one, or one a line) to the lines in `where` that have none yet."""
        free = where & (self.buckets == "")
        self.buckets[free] = str(bucket)
        self.reasons[free] = reason if isinstance(reason, str) else reason[free]

    def frame(self) -> pd.DataFrame:
        """Return the verdict on each line."""
        return pd.DataFrame({"bucket": self.buckets, "reason": self.reasons})


Test = tuple[Bucket, str | npt.NDArray[np.object_], npt.NDArray[np.bool_]]


def _tests(lines: OrderLines, rules: ImportRules) -> list[Test]:
    frame, quantity = lines.frame, lines.quantity.digits
    fault = frame["fault"].to_numpy()
    paid = np.not_equal(lines.amount.digits, 0).astype(bool)
    positive_price = paid & ((lines.amount.digits > 0) == (quantity > 0))
    return [
        (Bucket.REJECTED, fault, fault != ""),
        *_absurd_dates(frame),
        *_other_currencies(frame, rules),
        (Bucket.DUPLICATE, "repeats an earlier line", lines.repeats & rules.drop_repeats),
        *_not_products(frame, rules),
        (Bucket.RETURN, "cancelled", _cancellations(frame, rules)),
        (Bucket.ADJUSTMENT, "cancelled before it was sold", _cancelled_status(frame, rules)),
        (Bucket.ADJUSTMENT, "no quantity", np.equal(quantity, 0).astype(bool)),
        (Bucket.RETURN, "refund", (quantity < 0) & positive_price),
        (Bucket.ADJUSTMENT, "negative quantity without a price", (quantity < 0).astype(bool)),
        (Bucket.ADJUSTMENT, "no price", ~positive_price & _has_prices(lines)),
    ]


def _has_prices(lines: OrderLines) -> bool:
    return "price" in lines.headers or "total" in lines.headers


def _absurd_dates(frame: pd.DataFrame) -> list[Test]:
    days = frame["day"].to_numpy().astype("datetime64[D]")
    newest = newest_plausible(frame["day"])
    tests: list[Test] = [(Bucket.REJECTED, f"date is before {OLDEST}", days < OLDEST)]
    if newest is not None:
        reason = f"date is more than 5 years after the newest plausible one, {newest}"
        tests.append((Bucket.REJECTED, reason, days > newest + DAYS_AHEAD))
    return tests


def _other_currencies(frame: pd.DataFrame, rules: ImportRules) -> list[Test]:
    """Reject lines in another currency than the dataset's: the one asked for, else the most frequent one."""
    main = main_currency(frame, rules)
    if main is None or frame["currency"].isna().all():
        return []
    other = (frame["currency"].notna() & (frame["currency"] != main)).to_numpy()
    return [(Bucket.REJECTED, f"currency is not {main}", other)]


def main_currency(frame: pd.DataFrame, rules: ImportRules) -> str | None:
    """Return the dataset's currency: the one asked for, the export's most frequent one, or None."""
    if rules.currency:
        return rules.currency
    counts = frame["currency"].value_counts()
    return str(sorted(counts[counts == counts.max()].index)[0]) if len(counts) else None


def _matches(pattern: str, code: str) -> bool:
    return fnmatch.fnmatchcase(code.upper(), pattern)


def _not_products(frame: pd.DataFrame, rules: ImportRules) -> list[Test]:
    """Return one test a code, so that the report tells how many lines each of them took away."""
    tests: list[Test] = []
    for code in rules.not_products:
        same = partial(_matches, code.upper())
        tests.append((Bucket.NOT_A_PRODUCT, f"code {code}", _texts_match(frame["sku"], same)))
    return tests


def _cancellations(frame: pd.DataFrame, rules: ImportRules) -> npt.NDArray[np.bool_]:
    prefix = rules.cancellation_prefix
    return _texts_match(frame["order_id"], lambda text: bool(prefix) and text.startswith(prefix))


def _cancelled_status(frame: pd.DataFrame, rules: ImportRules) -> npt.NDArray[np.bool_]:
    return _texts_match(frame["status"], lambda text: text.casefold() in rules.cancelled_statuses)


def _texts_match(texts: pd.Series, test: Callable[[str], bool]) -> npt.NDArray[np.bool_]:
    """Return which texts pass `test`, asking once for each distinct one; a missing text does not."""
    codes, distinct = pd.factorize(texts)
    passed = np.array([*(test(text) for text in distinct), False], dtype=bool)
    return passed[codes]


def quick_cancellations(
    lines: OrderLines, buckets: pd.Series, sku: pd.Series, rules: ImportRules
) -> list[tuple[int, int, float]]:
    """Return (sale line, return line, minutes) of orders cancelled within minutes, by time of cancellation.

    A pair has the same sku, customer and quantity, and the cancellation follows the sale by at most
    `cancelled_within_minutes`. A line is in one pair at most; the newest sale before a cancellation goes
    first.
    """
    frame = lines.frame
    keys = ["sku", "customer", "units"]
    table = pd.DataFrame({"sku": sku, "customer": frame["customer"], "units": frame["quantity"].abs()})
    table = table.assign(moment=frame["moment"], line=np.arange(len(frame)), bucket=buckets).dropna()
    sales = table[table["bucket"] == Bucket.SALE]
    returns = table[table["bucket"] == Bucket.RETURN]
    pairs = returns.merge(sales, on=keys, suffixes=("_return", "_sale"))
    minutes = (pairs["moment_return"] - pairs["moment_sale"]).dt.total_seconds() / 60
    near = pairs.assign(minutes=minutes)[minutes.between(0, rules.cancelled_within_minutes)]
    near = near.sort_values(["moment_return", "line_return", "minutes", "line_sale"])
    return _one_to_one(near[["line_sale", "line_return", "minutes"]])


def _one_to_one(pairs: pd.DataFrame) -> list[tuple[int, int, float]]:
    used: set[int] = set()
    found = []
    for sale, back, minutes in pairs.itertuples(index=False, name=None):
        if sale not in used and back not in used:
            used.update((sale, back))
            found.append((int(sale), int(back), float(minutes)))
    return found
