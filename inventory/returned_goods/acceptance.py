"""Acceptance of a return: measured criteria, a grade, and the link to the order it came from (R01, R02, R04)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from core.errors import UsageError

__all__ = [
    "CHECKLIST",
    "LINK_STATES",
    "Acceptance",
    "Criterion",
    "Grade",
    "Inspection",
    "accept",
    "grade",
    "link_orders",
]

LINK_STATES = ("linked", "no order", "unknown order", "sku not in order", "more than sold")


class Grade(StrEnum):
    """What a returned unit is: intact, A slight packaging damage, B a functional defect, C good for parts only."""

    INTACT = "intact"
    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of the checklist: scored 0 (worst) … 1 (as new).

    least: below it the return is not accepted. weight: in the total score. intact_from: from it on the unit counts as
    intact in this respect.
    """

    name: str
    question: str
    least: float
    weight: float = 1.0
    intact_from: float = 0.95


CHECKLIST = (
    Criterion("packaging", "How much of the packaging is whole and clean?", least=0.0, weight=1.0),
    Criterion("accessories", "Which share of the accessories is there?", least=0.5, weight=1.0),
    Criterion("wear", "How free of traces of use is the unit?", least=0.3, weight=2.0),
)
"""The criteria of R01; a seller may hand in others."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found on a returned unit: scores 0 … 1 by criterion; whether it works, can be repaired, is obsolete."""

    scores: Mapping[str, float]
    works: bool = True
    repairable: bool = True
    obsolete: bool = False


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Whether a return is accepted: its weighted score 0 … 1 and the criteria that it fails."""

    accepted: bool
    score: float
    failed: tuple[str, ...]


def accept(inspection: Inspection, checklist: Sequence[Criterion] = CHECKLIST) -> Acceptance:
    """Return whether a return meets every criterion's least score.

    Raises UsageError for a criterion that was not scored, or a score outside 0 … 1.
    """
    for criterion in checklist:
        score = inspection.scores.get(criterion.name)
        if score is None or not 0 <= score <= 1:
            raise UsageError(f"{criterion.name} is scored {score}; give a number from 0 to 1: {criterion.question}")
    failed = tuple(line.name for line in checklist if inspection.scores[line.name] < line.least)
    weights = sum(line.weight for line in checklist)
    score = sum(inspection.scores[line.name] * line.weight for line in checklist) / weights if weights else 0.0
    return Acceptance(not failed, score, failed)


def grade(inspection: Inspection, checklist: Sequence[Criterion] = CHECKLIST) -> Grade:
    """Return the grade of an inspected unit (R04).

    What is obsolete, or neither works nor can be repaired, is C; what does not work is B; what works and is whole in
    every respect is intact; the rest is A.
    """
    if inspection.obsolete or not (inspection.works or inspection.repairable):
        return Grade.C
    if not inspection.works:
        return Grade.B
    whole = all(inspection.scores.get(line.name, 0.0) >= line.intact_from for line in checklist)
    return Grade.INTACT if whole else Grade.A


def link_orders(returns: pd.DataFrame, order_lines: pd.DataFrame) -> pd.DataFrame:
    """Return `returns` with `link`, one of LINK_STATES, and `sold_units` of its order and sku (R02).

    returns: `order_id, sku, units`, in the order of their coming back; order_lines: `order_id, sku, units`. Units that
    come back beyond what the order sold are told from the return on that exceeds it.
    """
    orders = set(order_lines["order_id"].dropna())
    sold = order_lines.groupby(["order_id", "sku"])["units"].sum()
    keys = pd.MultiIndex.from_frame(returns[["order_id", "sku"]])
    units = sold.reindex(keys).to_numpy(dtype=np.float64)
    back = returns.groupby(["order_id", "sku"], dropna=False)["units"].cumsum().to_numpy(dtype=np.float64)
    unnamed, unknown = returns["order_id"].isna().to_numpy(), ~returns["order_id"].isin(orders).to_numpy()
    states = [unnamed, unknown, np.isnan(units), back > units + 1e-9]
    link = np.select(states, list(LINK_STATES[1:]), LINK_STATES[0])
    return returns.assign(link=link, sold_units=units)
