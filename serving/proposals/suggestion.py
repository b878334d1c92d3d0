"""From a plan in memory to what is stored of it: the run, and one suggestion an order or a series without one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from optimizer.plan import OrderPlan
from optimizer.ways import Way
from serving.context import ServiceContext
from serving.proposals.amounts import amount, amount_text, known_amount
from serving.proposals.commitments import Commitment
from serving.proposals.identity import config_hash
from serving.proposals.reasons import OrderReasons
from serving.proposals.recosting import StoredCurve
from serving.shared_terms import limit_rows, whole_order_rows

__all__ = ["MOST_EXPLAINED", "PlanRun", "Suggestion", "order_suggestions", "suggestions_of"]

MOST_EXPLAINED = 1_000
"""Orders a run whose whole explanation is kept, those that save most first: one takes a hundredth of a second."""


@dataclass(frozen=True, slots=True)
class PlanRun:
    """What was asked and answered, without its lines.

    options: what of the question is not the dataset's own (skus, what-if), and which version of the dataset it was.
    summary: status, gap, cost totals, limits. commitments: orders decided for before, as the plan counted them.
    """

    dataset: str
    as_of: date
    last_observed: date
    stale: bool
    model_name: str
    model_version: str | None
    config_hash: str
    seed: int
    options: Mapping[str, Any]
    currency: str
    summary: Mapping[str, Any]
    commitments: tuple[Commitment, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the plan says of one series and way to buy; quantity 0: nothing is to be ordered.

    expected_cost: the SKU's, over the horizon. spend: what the order takes of a budget. volume: of the order.
    planned: everything that a reader of the proposal is told. curve: for another quantity.
    """

    sku: str
    location: str
    supplier: str
    mode: str
    action: str
    quantity: int
    case_pack: int
    unit_cost: Decimal | None
    order_by: date
    arrive_on: date
    expected_cost: Decimal
    stockout_probability: float
    spend: Decimal
    volume: float
    planned: Mapping[str, Any] = field(repr=False)
    curve: StoredCurve = field(repr=False)


def suggestions_of(
    context: ServiceContext,
    plan: OrderPlan,
    dataset: str,
    options: Mapping[str, Any],
    commitments: Sequence[Commitment] = (),
) -> tuple[PlanRun, list[Suggestion]]:
    """Return the run and its suggestions, by sku, location and way; `plan` must carry its study."""
    version, fresh, config = context.champion.version, context.freshness, context.dataset.config
    run = PlanRun(
        dataset=dataset,
        as_of=plan.as_of,
        last_observed=fresh.last_observed,
        stale=fresh.stale,
        model_name=version.name if version else context.champion.model.name,
        model_version=str(version.version) if version else None,
        config_hash=config_hash(config),
        seed=context.seed,
        options={**options, "dataset_version": context.dataset_version},
        currency=config.currency,
        summary=_summary(plan),
        commitments=tuple(commitments),
    )
    return run, list(order_suggestions(plan))


def _summary(plan: OrderPlan) -> dict[str, Any]:
    summary, study = plan.summary, plan.study
    room = None
    if summary.volume_capacity is not None and study is not None:
        shop = study.workshop
        a_unit = shop.terms["volume"].fillna(0.0).to_numpy(dtype=np.float64)
        room = summary.volume_capacity - float((a_unit * (shop.on_hand + shop.inbound.sum(axis=1))[shop.order]).sum())
    money = ("expected_cost", "cost_without_orders", "lower_bound", "spend", "budget")
    return {
        "status": summary.status,
        "solver": summary.solver,
        "gap": round(summary.gap, 9),
        **{name: amount_text(known_amount(getattr(summary, name))) for name in money},
        "budget_price": round(summary.budget_price, 6),
        "volume": round(summary.volume, 6),
        "volume_room": None if room is None else round(room, 6),
        "volume_price": round(summary.volume_price, 6),
        "series": summary.series,
        "ordered": summary.ordered,
        "unit_costs_unknown": summary.unpriced,
        "units": int(plan.lines["quantity"].sum()),
        "limits": limit_rows(summary),
        "whole_orders": whole_order_rows(summary),
    }


def order_suggestions(plan: OrderPlan) -> Iterator[Suggestion]:
    """Yield one suggestion an order and one a series without an order, by sku, location and way."""
    if plan.study is None:
        raise ValueError("a plan without its study has no cost curves")
    rows = pd.concat([plan.orders, plan.lines[plan.lines["quantity"] == 0]], ignore_index=True)
    rows = rows.sort_values(["sku", "location", "supplier", "mode"], kind="stable").reset_index(drop=True)
    saved = rows["cost_without_order"] - rows["expected_cost"] + 1e9 * (rows["quantity"] > 0)
    ranked = saved.rank(ascending=False, method="first").to_numpy()
    reasons = OrderReasons(plan.study)
    for row, rank in zip(rows.to_dict("records"), ranked, strict=True):
        whole = rank <= MOST_EXPLAINED and (row["quantity"] > 0 or row["best_quantity"] > 0)
        yield _suggestion({str(name): value for name, value in row.items()}, reasons, whole)


def _suggestion(row: Mapping[str, Any], reasons: OrderReasons, whole: bool) -> Suggestion:
    known = reasons.of(row["sku"], row["location"], row["supplier"], row["mode"], int(row["quantity"]), whole)
    quantity, curve, way = int(row["quantity"]), known.curve, known.way
    planned = {
        "quantity": quantity,
        "best_quantity": int(row["best_quantity"]),
        "order_cost": amount_text(amount(way.order_cost)),
        "expected_cost": amount_text(amount(row["expected_cost"])),
        "cost_without_order": amount_text(amount(row["cost_without_order"])),
        "stockout_probability": round(float(row["stockout_probability"]), 6),
        "stockout_probability_without_order": round(float(row["stockout_probability_without_order"]), 6),
        "lead_time_days": way.lead_days,
        "minimum_order_quantity": curve.minimum,
        "cover_days": round(float(row["cover_days"]), 2),
        "reason": str(row["reason"]),
        "assumed": str(row["assumed"]),
        "binding": None if known.binding is None else asdict(known.binding),
        "pieces": known.pieces,
        "explanation": known.explanation,
    }
    return Suggestion(
        sku=str(row["sku"]),
        location=str(row["location"]),
        supplier=str(row["supplier"]),
        mode=str(row["mode"]),
        action=_action(quantity, way, known.ways),
        quantity=quantity,
        case_pack=way.pack,
        unit_cost=known_amount(row["unit_cost"]),
        order_by=row["order_by"].date(),
        arrive_on=row["arrive_on"].date(),
        expected_cost=amount(row["expected_cost"]),
        stockout_probability=round(float(row["stockout_probability"]), 6),
        spend=curve.spend(quantity),
        volume=quantity * curve.volume,
        planned=planned,
        curve=curve,
    )


def _action(quantity: int, way: Way, ways: Sequence[Way]) -> str:
    """Return buy, expedite (faster and dearer than another way to buy) or hold (order nothing now)."""
    if quantity == 0:
        return "hold"
    landed = way.base + way.in_transit
    slower = (other for other in ways if other.lead_days > way.lead_days)
    return "expedite" if any(other.base + other.in_transit < landed for other in slower) else "buy"
