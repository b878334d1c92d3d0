"""Results as the JSON of /v1: plain dictionaries, built straight from arrays because forecasts are long."""

import base64
import binascii
import bisect
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from core.types import DemandForecast, quantile_column
from optimizer.plan import OrderPlan
from serving.context import ServiceContext
from serving.shared_terms import limit_rows, whole_order_rows

__all__ = ["champion_answer", "forecast_answer", "plan_answer", "products_answer", "read_cursor", "shown_money"]

UNIT = "C62"
"""UN/ECE Recommendation 20: one."""

Json = dict[str, Any]


def forecast_answer(context: ServiceContext, made: DemandForecast) -> Json:
    """Return the body of `ForecastAnswer`."""
    names = [quantile_column(level) for level in made.levels]
    dates = [str(day) for day in made.dates.astype("datetime64[D]")]
    means, quantiles = made.mean.round(6).tolist(), made.quantiles.round(6).tolist()
    stale = context.freshness.stale
    series = [
        {
            "sku": sku,
            "location": location,
            "status": "insufficient_data" if reason else "stale" if stale else "ok",
            "fallback_reason": reason or None,
            "periods": [
                {"date": day, "mean": mean, "quantiles": dict(zip(names, values, strict=True))}
                for day, mean, values in zip(dates, means[row], quantiles[row], strict=True)
            ],
        }
        for row, (sku, location, reason) in enumerate(
            made.series[["sku", "location", "fallback_reason"]].itertuples(index=False)
        )
    ]
    return {
        "model": _model(context),
        "data": _data(context),
        "frequency": str(made.frequency),
        "unit": UNIT,
        "horizon": made.horizon,
        "levels": list(made.levels),
        "series": series,
    }


def plan_answer(context: ServiceContext, base: OrderPlan, plan: OrderPlan, changes: Mapping[str, float]) -> Json:
    """Return the body of `PlanAnswer`: the plan, the base plan's summary and what differs."""
    keys = ["sku", "location"]
    both = base.lines[[*keys, "quantity"]].merge(plan.lines[[*keys, "quantity"]], on=keys, suffixes=("_base", ""))
    differs = both[both["quantity"] != both["quantity_base"]]
    difference = {
        "expected_cost": shown_money(plan.summary.expected_cost - base.summary.expected_cost),
        "spend": shown_money(plan.summary.spend - base.summary.spend),
        "units": int(plan.lines["quantity"].sum() - base.lines["quantity"].sum()),
        "ordered": plan.summary.ordered - base.summary.ordered,
        "changes": [
            {
                "sku": row.sku,
                "location": row.location,
                "base_quantity": int(row.quantity_base),
                "quantity": int(row.quantity),
            }
            for row in differs.itertuples(index=False)
        ],
    }
    return {
        "model": _model(context),
        "data": _data(context),
        "currency": context.dataset.config.currency,
        "unit": UNIT,
        "what_if": dict(changes),
        "summary": _summary(plan),
        "base": _summary(base),
        "difference": difference,
        "proposals": [_proposal(row) for row in plan.orders.to_dict("records")],
    }


def products_answer(context: ServiceContext, after: str, limit: int) -> Json:
    """Return the body of `ProductsAnswer`: the products whose sku comes after `after`."""
    skus = list(context.rows_by_sku)
    first = bisect.bisect_right(skus, after) if after else 0
    page = skus[first : first + limit]
    more = first + limit < len(skus)
    facts = context.products.reindex(page)
    locations = context.distribution.series["location"]
    items = []
    for sku, fact in zip(page, facts.to_dict("records"), strict=True):
        items.append(
            {
                "sku": sku,
                **{name: _text(fact[name]) for name in ("name", "category", "brand")},
                **{name: shown_money(fact[name]) for name in ("unit_cost", "price")},
                "locations": [str(locations.iloc[row]) for row in context.rows_by_sku[sku]],
            }
        )
    return {"items": items, "next_cursor": _cursor(page[-1]) if more else None}


def champion_answer(context: ServiceContext) -> Json:
    """Return the body of `ChampionAnswer`."""
    version = context.champion.version
    return {
        **_model(context),
        "run_id": version.run_id if version else None,
        "run_name": version.run_name if version else None,
        "horizon": context.horizon,
        "series": len(context.rows),
        "data": _data(context),
    }


def read_cursor(cursor: str | None) -> str:
    """Return the sku that a cursor stands for, '' for the first page; raises ValueError for other words."""
    if cursor is None:
        return ""
    try:
        return base64.b64decode(_padded(cursor), altchars=b"-_", validate=True).decode("utf-8")
    except (binascii.Error, UnicodeError) as error:
        raise ValueError(cursor) from error


def _padded(cursor: str) -> bytes:
    return cursor.encode("ascii") + b"=" * (-len(cursor) % 4)


def _cursor(sku: str) -> str:
    return base64.urlsafe_b64encode(sku.encode("utf-8")).decode("ascii").rstrip("=")


def _model(context: ServiceContext) -> Json:
    champion = context.champion
    if champion.version is None:
        return {"name": champion.model.name, "version": None, "as_of": None}
    version = champion.version
    return {"name": version.name, "version": str(version.version), "as_of": str(version.as_of)}


def _data(context: ServiceContext) -> Json:
    fresh = context.freshness
    return {"as_of": str(fresh.as_of), "last_observed": str(fresh.last_observed), "stale": fresh.stale}


def _summary(plan: OrderPlan) -> Json:
    summary = plan.summary
    return {
        "status": summary.status,
        "solver": summary.solver,
        "gap": summary.gap,
        "expected_cost": shown_money(summary.expected_cost),
        "cost_without_orders": shown_money(summary.cost_without_orders),
        "spend": shown_money(summary.spend),
        "budget": shown_money(summary.budget),
        "series": summary.series,
        "ordered": summary.ordered,
        "unit_costs_unknown": summary.unpriced,
        "units": int(plan.lines["quantity"].sum()),
        "limits": limit_rows(summary),
        "whole_orders": whole_order_rows(summary),
    }


def _proposal(row: Mapping[Any, Any]) -> Json:
    texts = ("proposal_id", "sku", "location", "supplier", "mode", "reason", "assumed")
    return {
        **{name: str(row[name]) for name in texts},
        **{name: _day(row[name]) for name in ("order_by", "arrive_on")},
        **{name: shown_money(row[name]) for name in ("unit_cost", "order_cost", "expected_cost")},
        **{name: round(float(row[name]), 6) for name in ("stockout_probability", "on_hand", "inbound")},
        "quantity": int(row["quantity"]),
    }


def _day(value: Any) -> str:
    return str(pd.Timestamp(value).date())


def _text(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)


def shown_money(value: Any) -> str | None:
    """Return an amount as a decimal string of two to four places: what a float cannot carry to the penny."""
    if value is None or not math.isfinite(value):
        return None
    text = f"{Decimal(repr(float(value))):.4f}"
    return text[:-2] if text.endswith("00") else text.removesuffix("0")
