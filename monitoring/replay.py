"""What would have fired, and was it right: alerts of past days against what happened afterwards.

An alert is right if its rule's outcome came about within `outcome_days` (0: the lead time). Only rules that state an
outcome are judged, and only where the outcome can be seen: a window that is not over yet, or stock that is not on
record, is `unknown`. Recall needs every case in which the outcome came about, alert or not; it is told for stock-outs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.types import FloatArray
from features.panel import Panel
from monitoring.rule import Rule
from monitoring.view import row_of

__all__ = ["Judgement", "judge_alerts", "outcome_of", "precision_table", "ran_out_within", "recall_of"]

Flags = npt.NDArray[np.bool_]
LOW, HIGH = 0.85, 1.15
"""Share of the earlier pace that sales must stay below, or above, for a fall or rise to have been real."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """precision: right ÷ judged; recall: cases with an alert ÷ all cases; NaN where nothing was judged."""

    rule: str
    raised: int
    judged: int
    right: int
    cases: int = 0
    caught: int = 0

    @property
    def precision(self) -> float:
        """Share of the judged alerts that were right."""
        return self.right / self.judged if self.judged else float("nan")

    @property
    def recall(self) -> float:
        """Share of the cases that had an alert."""
        return self.caught / self.cases if self.cases else float("nan")


def ran_out_within(panel: Panel, origin: int, periods: npt.NDArray[np.int64]) -> FloatArray:
    """Return (n,) 1 where the series was not in stock all through one of the `periods` after `origin`, else 0; NaN
    where those periods are not over.
    """
    stocked = panel.history.in_stock[:, origin:]
    out = stocked < 0.999
    first = np.where(out.any(axis=1), out.argmax(axis=1), out.shape[1] + 10_000)
    over = origin + periods <= panel.history.last_reported + 1
    return np.where(first < periods, 1.0, np.where(over, 0.0, np.nan))


def outcome_of(rule: Rule, panel: Panel, origin: int, periods: npt.NDArray[np.int64], pace: FloatArray) -> FloatArray:
    """Return (n,) 1 where the rule's outcome came about within its window after `origin`, 0 where not, NaN unknown.

    pace: (n,) units a period before `origin`, against which sales that stay low or high are held.
    """
    if rule.outcome == "stock_out":
        return ran_out_within(panel, origin, periods)
    length = max(int(rule.outcome_days) // panel.frequency.period_days, 1) if rule.outcome_days else 30
    end = min(origin + length, panel.history.last_reported + 1)
    if end - origin < length:
        return np.full(len(pace), np.nan)
    weight = panel.history.observed[:, origin:end].astype(np.float64)
    seen = weight.sum(axis=1)
    sold = (panel.history.units[:, origin:end] * weight).sum(axis=1)
    mean = np.divide(sold, seen, out=np.full(len(pace), np.nan), where=seen >= length / 2)
    if rule.outcome == "no_sale":
        # Right where what was on hand had not been sold three quarters of the healthy cover later.
        return np.where(np.isnan(mean), np.nan, (mean <= pace).astype(np.float64))
    right = mean <= LOW * pace if rule.outcome == "sales_low" else mean >= HIGH * pace
    return np.where(np.isnan(mean) | ~(pace > 0), np.nan, right.astype(np.float64))


def judge_alerts(
    raised: pd.DataFrame, rules: Sequence[Rule], outcomes: dict[str, FloatArray], series: pd.DataFrame
) -> pd.DataFrame:
    """Return the alerts of a day with a column `right`: 1, 0 or NaN. outcomes: (n,) by rule id."""
    judged = raised[raised["fires"].astype(bool)].copy()
    judged["right"] = np.nan
    row = row_of(judged, series) if len(judged) else np.empty(0, dtype=np.int64)
    for rule in rules:
        if rule.id in outcomes:
            mine = ((judged["rule"] == rule.id) & (row >= 0)).to_numpy()
            judged.loc[mine, "right"] = outcomes[rule.id][row[mine]]
    return judged


def precision_table(judged: pd.DataFrame) -> pd.DataFrame:
    """Return one row a rule: `rule, raised, judged, right, precision`, and how many distinct subjects it spoke of."""
    groups = judged.groupby("rule", sort=True)
    table = groups.agg(raised=("alert_id", "size"), subjects=("alert_id", "nunique"), judged=("right", "count"))
    table["right"] = groups["right"].sum().astype(int)
    table["precision"] = table["right"] / table["judged"].where(table["judged"] > 0)
    return table.reset_index()


def recall_of(flagged: Flags, outcome: FloatArray) -> Judgement:
    """Return precision and recall of a flag against an outcome, both (m,); unknown outcomes are left out.

    >>> made = recall_of(np.array([True, True, False]), np.array([1.0, 0.0, 1.0]))
    >>> made.precision, made.recall
    (0.5, 0.5)
    """
    known = np.isfinite(outcome)
    came = outcome[known] > 0
    alarm = flagged[known]
    both = int((alarm & came).sum())
    return Judgement("stock-out", int(flagged.sum()), int(alarm.sum()), both, int(came.sum()), both)
