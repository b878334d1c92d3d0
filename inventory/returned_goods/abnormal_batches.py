"""Which batch or supplier is returned more than chance explains, and what to do about it (R06)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from core.errors import UsageError

__all__ = ["ABNORMAL_COLUMNS", "AbnormalTest", "abnormal_groups", "advice", "return_statistics"]

ABNORMAL_COLUMNS = ("units", "returned", "rate", "rest_rate", "expected", "p_value", "adjusted_p", "abnormal")


@dataclass(frozen=True, slots=True)
class AbnormalTest:
    """How a group is judged.

    level: expected share of false alarms among the groups called abnormal (false discovery rate). least_returned:
    fewer returned units are never called abnormal. usual_rate: a known share of units that come back, tested exactly
    by the binomial distribution; None: against the rest of the same population, by Fisher's exact test. size_words:
    words in a reason that speak of size; size_share: from this share of the returns on the listing is advised.
    """

    level: float = 0.05
    least_returned: int = 3
    usual_rate: float | None = None
    size_words: tuple[str, ...] = ("size", "fit", "small", "large", "tight", "loose")
    size_share: float = 0.3


def abnormal_groups(
    returned: pd.DataFrame,
    exposure: pd.DataFrame,
    key: str,
    within: str | None = None,
    test: AbnormalTest | None = None,
) -> pd.DataFrame:
    """Return one row a group that was sold: `within`, `key` and ABNORMAL_COLUMNS, the least likely first.

    returned: rows with `key` (a batch, a supplier), `units`; exposure: `key`, `units` that went out. within: a column
    of both, such as the sku: a group is compared with the rest of its own. p_value: the chance of so many returns or
    more if the group were like the rest; adjusted_p: by Benjamini and Hochberg over all groups tested (the method that
    controls the false discovery rate). rest_rate is the usual rate where one is given. Rows without a key, and groups
    that nobody sold, are left out. Raises UsageError where more came back than went out.
    """
    test = test or AbnormalTest()
    keys = [key] if within is None else [within, key]
    out = exposure.dropna(subset=keys).groupby(keys)["units"].sum()
    back = returned.dropna(subset=keys).groupby(keys)["units"].sum().reindex(out.index).fillna(0.0)
    table = pd.DataFrame({"units": out.round(), "returned": back.round()}).reset_index()
    table = table[table["units"] > 0].reset_index(drop=True)
    wrong = table[table["returned"] > table["units"]]
    if len(wrong):
        row = wrong.iloc[0]
        words = f"of {key} {row[key]} {row['returned']:.0f} units came back and {row['units']:.0f} went out"
        raise UsageError(f"{words}; correct the units or the {key}")
    table = _tested(table, within, test)
    return table.sort_values(["p_value", *keys], kind="stable").reset_index(drop=True)[[*keys, *ABNORMAL_COLUMNS]]


def return_statistics(returned: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return units and share of all returns by `keys` (reason, defect, supplier, batch): largest first (R06)."""
    named = returned.assign(**{name: returned[name].fillna("unknown") for name in keys})
    sums = named.groupby(list(keys), sort=True)["units"].sum().reset_index()
    total = sums["units"].sum()
    sums["share"] = sums["units"] / total if total else 0.0
    return sums.sort_values(["units", *keys], ascending=[False, *[True] * len(keys)], kind="stable").reset_index(
        drop=True
    )


def advice(returned: pd.DataFrame, abnormal: pd.DataFrame, key: str, test: AbnormalTest | None = None) -> pd.DataFrame:
    """Return what to do: `sku, subject, action, why` (R06).

    An abnormal batch or supplier → claim against the supplier; a sku much of whose returns speak of size → correct the
    listing. returned: `sku, units, reason`; abnormal: of `abnormal_groups`.
    """
    test = test or AbnormalTest()
    rows = [
        (
            getattr(row, "sku", ""),
            f"{key} {getattr(row, key)}",
            "claim against the supplier",
            f"{row.returned:.0f} of {row.units:.0f} units came back, {row.rate:.1%} against {row.rest_rate:.1%}",
        )
        for row in abnormal[abnormal["abnormal"]].itertuples()
    ]
    words = "|".join(test.size_words)
    sized = returned["reason"].fillna("").str.contains(words, case=False, regex=True)
    sums = pd.DataFrame(
        {"sku": returned["sku"], "units": returned["units"], "size": returned["units"].where(sized, 0.0)}
    )
    by_sku = sums.groupby("sku")[["units", "size"]].sum()
    hit = by_sku[(by_sku["size"] >= test.least_returned) & (by_sku["size"] >= test.size_share * by_sku["units"])]
    rows += [
        (sku, "size", "correct the listing's sizes", f"{row['size']:.0f} of {row['units']:.0f} returns speak of size")
        for sku, row in hit.iterrows()
    ]
    return pd.DataFrame(rows, columns=["sku", "subject", "action", "why"])


def _tested(table: pd.DataFrame, within: str | None, test: AbnormalTest) -> pd.DataFrame:
    whole = table[["units", "returned"]]
    totals = whole.groupby(table[within]).transform("sum") if within is not None else whole.sum() + 0.0 * whole
    rest_units, rest_back = totals["units"] - table["units"], totals["returned"] - table["returned"]
    rest = rest_back / rest_units.where(rest_units > 0)
    rate = pd.Series(test.usual_rate, table.index, dtype=float) if test.usual_rate is not None else rest
    counts = zip(table["returned"], table["units"], rest_back, rest_units, strict=True)
    values = np.array([_p_value(int(a), int(n), int(b), int(m), test.usual_rate) for a, n, b, m in counts])
    adjusted = stats.false_discovery_control(values, method="bh") if len(values) else values
    enough = table["returned"].to_numpy() >= test.least_returned
    return table.assign(
        rate=table["returned"] / table["units"],
        rest_rate=rate,
        expected=rate * table["units"],
        p_value=values,
        adjusted_p=adjusted,
        abnormal=(adjusted <= test.level) & enough,
    )


def _p_value(back: int, units: int, rest_back: int, rest_units: int, usual_rate: float | None) -> float:
    if usual_rate is not None:
        return float(stats.binomtest(back, units, usual_rate, alternative="greater").pvalue)
    if rest_units <= 0:
        return 1.0
    cells = [[back, units - back], [rest_back, rest_units - rest_back]]
    return float(stats.fisher_exact(cells, alternative="greater").pvalue)
