"""Scenarios: a base plan, the same plan under deltas, and what differs in orders, in each cost part and in risk."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.errors import UsageError
from optimizer.explanation import chosen_point
from optimizer.plan import OrderPlan
from serving import rendering
from serving.context import Rows, ServiceContext
from serving.demand.deltas import Delta, PlanQuestion, apply_delta
from serving.rendering import shown_money

__all__ = ["MOST_COSTED", "answer_scenario", "base_question", "scenario_plans"]

MOST_COSTED = 200
"""Series up to which costs are taken apart: each takes some milliseconds."""
COST_PARTS = ("holding", "shortage", "ordering", "rest")

Json = dict[str, Any]


def scenario_plans(
    context: ServiceContext, rows: Rows, deltas: Sequence[Delta]
) -> tuple[OrderPlan, OrderPlan, tuple[str, ...]]:
    """Return the base plan of some series, the plan under the deltas, and what these assume, in words.

    Both look equally far ahead. Raises UsageError where a delta needs a longer forecast than the context keeps.
    """
    short = base_question(context, rows, context.plan_horizon(context.holdings.terms, context.holdings.options))
    asked = _changed(short, deltas)
    horizon = max(short.made.horizon, context.plan_horizon(asked.terms, asked.options))
    base = base_question(context, rows, horizon) if horizon > short.made.horizon else short
    question = _changed(base, deltas)
    return _plan(context, base), _plan(context, question), question.assumed


def base_question(context: ServiceContext, rows: Rows, horizon: int) -> PlanQuestion:
    """Return what the base plan of some series is made from."""
    holdings = context.holdings
    made = context.plan_forecast(rows, horizon)
    return PlanQuestion(
        made=made,
        terms=holdings.terms.iloc[rows].reset_index(drop=True),
        on_hand=holdings.on_hand[rows],
        inbound=holdings.inbound[rows, :horizon],
        options=holdings.options,
        buying=holdings.buying.take(rows),
        factor=np.ones(made.mean.shape),
    )


def answer_scenario(context: ServiceContext, base: OrderPlan, plan: OrderPlan, assumed: Sequence[str]) -> Json:
    """Return what a scenario's answer says of both plans and their difference."""
    whole = rendering.plan_answer(context, base, plan, {})
    names = ("model", "data", "currency", "unit", "summary", "base")
    return {
        **{name: whole[name] for name in names},
        "assumed": list(assumed),
        "difference": {
            **{name: whole["difference"][name] for name in ("expected_cost", "spend", "units", "ordered")},
            "cost_parts": _cost_parts(base, plan),
            "stockout_risk": _risk(base, plan),
            "orders": _orders(base, plan),
        },
    }


def _changed(question: PlanQuestion, deltas: Sequence[Delta]) -> PlanQuestion:
    for delta in deltas:
        question = apply_delta(question, delta)
    return question


def _plan(context: ServiceContext, question: PlanQuestion) -> OrderPlan:
    q = question
    if not len(q.terms):
        raise UsageError("no series is asked about; name SKUs of the dataset")
    return context.plan_of(q.forecast, q.terms, q.on_hand, q.inbound, q.options, q.buying)


def _orders(base: OrderPlan, plan: OrderPlan) -> list[Json]:
    """Return the series whose order differs, in quantity, supplier or mode, the largest changes of quantity first."""
    keys, facts = ["sku", "location"], ["quantity", "supplier", "mode", "stockout_probability"]
    both = base.lines[[*keys, *facts]].merge(plan.lines[[*keys, *facts]], on=keys, suffixes=("_base", ""))
    ordered = (both["quantity"] > 0) | (both["quantity_base"] > 0)
    way = (both["supplier"] != both["supplier_base"]) | (both["mode"] != both["mode_base"])
    differs = both[(both["quantity"] != both["quantity_base"]) | (way & ordered)]
    size = (differs["quantity"] - differs["quantity_base"]).abs()
    differs = differs.assign(size=size).sort_values(["size", *keys], ascending=[False, True, True], kind="stable")
    return [
        {
            "sku": row.sku,
            "location": row.location,
            "base": _order(row.quantity_base, row.supplier_base, row.mode_base, row.stockout_probability_base),
            "scenario": _order(row.quantity, row.supplier, row.mode, row.stockout_probability),
        }
        for row in differs.itertuples(index=False)
    ]


def _order(quantity: Any, supplier: Any, mode: Any, risk: Any) -> Json:
    return {
        "quantity": int(quantity),
        "supplier": "" if pd.isna(supplier) else str(supplier),
        "mode": "" if pd.isna(mode) else str(mode),
        "stockout_probability": round(float(risk), 6),
    }


def _risk(base: OrderPlan, plan: OrderPlan) -> Json:
    """Return the mean stock-out probability of the series, before and after, and how many are worse."""
    before, after = (item.lines["stockout_probability"].to_numpy(dtype=np.float64) for item in (base, plan))
    return {
        "base": round(float(before.mean()), 6),
        "scenario": round(float(after.mean()), 6),
        "worse": int((after > before + 1e-9).sum()),
        "better": int((after < before - 1e-9).sum()),
    }


def _cost_parts(base: OrderPlan, plan: OrderPlan) -> Json | None:
    """Return holding, shortage, ordering and the rest, before and after, in money; None for very many series."""
    if len(base.lines) > MOST_COSTED or base.study is None or plan.study is None:
        return None
    before, after = _parts(base), _parts(plan)
    return {
        name: {
            "base": shown_money(before[name]),
            "scenario": shown_money(after[name]),
            "difference": shown_money(after[name] - before[name]),
        }
        for name in COST_PARTS
    }


def _parts(plan: OrderPlan) -> Mapping[str, float]:
    assert plan.study is not None
    points = [chosen_point(plan.study, row) for row in range(len(plan.lines))]
    return {name: float(sum(getattr(point, name) for point in points)) for name in COST_PARTS}
