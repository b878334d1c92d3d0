"""The closed loop: what was suggested, what was ordered, what came, and what it cost; and what to learn from it (O19).

Deviations are samples: how far planners follow the suggestions, how far costs and days are from the plan, and how long
suppliers really take. Lead times that were seen replace the planned ones where there are enough of them (O20).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.types import DemandForecast, FloatArray
from features.panel import Panel
from monitoring.view import View

__all__ = [
    "LoopRules",
    "LoopSummary",
    "calibration",
    "calibration_gap",
    "followed",
    "learned_lead_times",
    "safety_stock_review",
    "summarise",
]


@dataclass(frozen=True, slots=True)
class LoopRules:
    """quantity_off: share by which an order may differ from the suggestion and still follow it; days_off: days late.
    least_receipts: deliveries before a lead time is learned. target_in_stock: A, B, C products' in-stock rate that the
    quarterly review holds them against. step: by which a service level is moved.
    """

    quantity_off: float = 0.1
    days_off: int = 3
    least_receipts: int = 5
    target_in_stock: tuple[float, float, float] = (0.98, 0.95, 0.90)
    step: float = 0.01


@dataclass(frozen=True, slots=True)
class LoopSummary:
    """suggested: number of suggestions; followed, changed, ignored: what became of them; adherence: followed ÷ all.
    planned_cost, realised_cost: of the executed ones (money); received_share: units received ÷ ordered; assumed_share:
    part of the units received that named no order and were taken for the oldest open one; late_days: mean days after
    the planned arrival.
    """

    suggested: int
    followed: int
    changed: int
    ignored: int
    adherence: float
    planned_cost: float
    realised_cost: float
    received_share: float
    assumed_share: float
    late_days: float


def followed(
    suggestions: pd.DataFrame, orders: pd.DataFrame, receipts: pd.DataFrame, rules: LoopRules | None = None
) -> pd.DataFrame:
    """Return each suggestion with what became of it.

    suggestions: `proposal_id, sku, location, quantity, order_by, arrive_on, unit_cost` (a plan table). orders:
    `order_id, proposal_id, quantity, placed_on, unit_cost`. receipts: `order_id, received_on, quantity`, several rows
    an order allowed, and `assumed` where they were matched (`receipt_matching`). Columns added: `ordered, placed_on,
    paid, received, assumed` (units received by an assumption), `received_on, quantity_off` (share), `days_off`,
    `cost_off` (money), `late_days`, `outcome` (followed, changed, ignored).
    """
    rules = rules or LoopRules()
    guessed = receipts["assumed"].astype(bool) if "assumed" in receipts else pd.Series(False, index=receipts.index)
    came = (
        receipts.assign(guessed=receipts["quantity"].where(guessed, 0.0))
        .groupby("order_id", as_index=False)
        .agg(received=("quantity", "sum"), assumed=("guessed", "sum"), received_on=("received_on", "max"))
    )
    executed = orders.merge(came, on="order_id", how="left")
    executed["paid"] = executed["quantity"] * executed["unit_cost"]
    by_proposal = executed.groupby("proposal_id", as_index=False).agg(
        ordered=("quantity", "sum"),
        placed_on=("placed_on", "min"),
        paid=("paid", "sum"),
        received=("received", lambda units: units.sum(min_count=1)),
        assumed=("assumed", "sum"),
        received_on=("received_on", "max"),
    )
    table = suggestions.merge(by_proposal, on="proposal_id", how="left")
    table["ordered"] = table["ordered"].astype(np.float64).fillna(0.0)
    table["quantity_off"] = table["ordered"] / table["quantity"].where(table["quantity"] > 0) - 1
    table["days_off"] = (pd.to_datetime(table["placed_on"]) - pd.to_datetime(table["order_by"])).dt.days
    table["cost_off"] = table["paid"] - table["quantity"] * table["unit_cost"]
    table["late_days"] = (pd.to_datetime(table["received_on"]) - pd.to_datetime(table["arrive_on"])).dt.days
    near = (table["quantity_off"].abs() <= rules.quantity_off + 1e-9) & (table["days_off"] <= rules.days_off)
    table["outcome"] = np.where(table["ordered"] <= 0, "ignored", np.where(near, "followed", "changed"))
    return table


def summarise(table: pd.DataFrame) -> LoopSummary:
    """Return the numbers of what became of suggestions (`followed`)."""
    counts = table["outcome"].value_counts()
    done = table[table["ordered"] > 0]
    came = done[done["received"].notna()]
    total = max(len(table), 1)
    ordered, received = float(came["ordered"].sum()), float(came["received"].sum())
    return LoopSummary(
        suggested=len(table),
        followed=int(counts.get("followed", 0)),
        changed=int(counts.get("changed", 0)),
        ignored=int(counts.get("ignored", 0)),
        adherence=float(counts.get("followed", 0)) / total,
        planned_cost=float((done["quantity"] * done["unit_cost"]).sum()),
        realised_cost=float(done["paid"].sum()),
        received_share=received / ordered if ordered > 0 else float("nan"),
        assumed_share=float(came["assumed"].sum()) / received if received > 0 else float("nan"),
        late_days=float(came["late_days"].mean()) if len(came) else float("nan"),
    )


def learned_lead_times(view: View, rules: LoopRules | None = None) -> pd.DataFrame:
    """Return one row a supplier and mode: `receipts, planned_days, seen_days, seen_sd_days, late_quantile_days, use`.

    use: whether there are enough receipts to plan with what was seen (O19, O20).
    """
    rules = rules or LoopRules()
    receipts = view.table("receipts")
    rows = receipts[receipts["placed_on"].notna()]
    took = (rows["received_on"] - rows["placed_on"]).dt.days.astype(np.float64)
    names = [rows["supplier"].fillna(""), rows["mode"].fillna("")]
    groups = took.groupby(names, sort=True)
    table = groups.agg(receipts="size", seen_days="mean", seen_sd_days="std").reset_index()
    table["late_quantile_days"] = groups.quantile(0.9).to_numpy() if len(table) else []
    supply = view.tables.get("supply")
    planned = pd.Series(dtype=np.float64)
    if supply is not None and len(supply):
        planned = supply.groupby([supply["supplier"].fillna(""), supply["mode"].fillna("")])["lead_time_days"].mean()
    keys = pd.MultiIndex.from_frame(table[["supplier", "mode"]])
    table["planned_days"] = planned.reindex(keys).to_numpy() if len(planned) else np.nan
    table["use"] = table["receipts"] >= rules.least_receipts
    return table


def calibration(issued: DemandForecast, panel: Panel) -> pd.DataFrame:
    """Return one row a level of an earlier forecast: `level, share_below` (of the demand seen since), `periods, chance`
    and `ask_for`.

    A calibrated forecast has a share near its level. chance: what that share may differ by luck, two standard errors of
    as many draws as there are series, for a series' days are alike. ask_for: the level that would have had the share
    `level`, between the levels that are known (a straight line); NaN outside of them.
    """
    start = panel.origin_of(issued.as_of)
    length = min(panel.periods - start, issued.horizon)
    seen = panel.history.observed[:, start : start + length] > 0.999
    sold = panel.history.units[:, start : start + length].astype(np.float64)
    levels = np.asarray(issued.levels, dtype=np.float64)
    shares = np.full(len(levels), np.nan)
    for place in range(len(levels)) if seen.any() else ():
        said = issued.quantiles[:, :length, place]
        # Half of the ties: whole numbers at a quantile are neither below nor above it.
        shares[place] = ((sold < said) + 0.5 * (sold == said))[seen].mean()
    draws = max(int(seen.any(axis=1).sum()), 1)
    table = pd.DataFrame({"level": levels, "share_below": shares, "periods": int(seen.sum())})
    table["chance"] = 2 * np.sqrt(levels * (1 - levels) / draws)
    rising = np.isfinite(shares).all() and bool((np.diff(shares) > 0).all())
    table["ask_for"] = np.interp(levels, shares, levels, left=np.nan, right=np.nan) if rising else np.nan
    return table


def calibration_gap(issued: DemandForecast, panel: Panel) -> float:
    """Return by how much the worst level of an earlier forecast misses its share beyond chance; NaN where nothing came.

    0: all of them are within it. It is the feedback that the alert `forecast-calibration` asks about (O19, F09).
    """
    table = calibration(issued, panel)
    beyond = (table["share_below"] - table["level"]).abs() - table["chance"]
    return float(max(beyond.max(), 0.0)) if beyond.notna().any() else float("nan")


def safety_stock_review(kpis: pd.DataFrame, levels: FloatArray, rules: LoopRules | None = None) -> pd.DataFrame:
    """Return the quarterly review (O12, M49) of each class: `group, in_stock_rate, turnover, target, level, suggested`.

    kpis: of groups A, B, C over a quarter (`monitoring.kpi.kpis_of`); levels: their cycle service levels now, in the
    rows' order. Below its target a class's level is raised by a step; two steps above it, lowered: money is freed where
    service is not missed. What a step costs tells `fillrate simulate` in money (E20).
    """
    rules = rules or LoopRules()
    target = kpis["group"].map(dict(zip("ABC", rules.target_in_stock, strict=True))).to_numpy(dtype=np.float64)
    rate = kpis["in_stock_rate"].to_numpy(dtype=np.float64)
    up, down = rate < target, rate > np.minimum(target + 2 * rules.step, 0.999)
    moved = np.where(up, levels + rules.step, np.where(down, levels - rules.step, levels))
    return pd.DataFrame(
        {
            "group": kpis["group"],
            "in_stock_rate": rate,
            "turnover": kpis["turnover"],
            "target": target,
            "level": levels,
            "suggested": np.clip(moved, 0.5, 0.999),
        }
    )
