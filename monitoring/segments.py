"""Segments: ABC by value, XYZ by variability, phase of life, and the policy preset that each calls for.

The practitioners' magnitudes contradict each other (E07); they are presets of `optimizer.life_cycle` to choose and to
simulate (`fillrate simulate`), never what a plan does by default.
"""

import pandas as pd

from monitoring.phase import PhaseRules, phase_table
from monitoring.view import View
from optimizer.life_cycle import LifeCycleRules
from training.segments import segment_labels

__all__ = ["POLICIES", "policy_of", "restock_priority", "segment_table"]

_RULES = LifeCycleRules()

POLICIES = {
    "introduction": (
        "life-cycle",
        f"small and often; first order at most {_RULES.first_order_cap:g} × the forecast of lead time and review; "
        "weak sales: stop and clear",
        "O46 O50 E19",
    ),
    "growth": (
        "life-cycle",
        f"increments of +{_RULES.growth_increment:.0%} and +{_RULES.growth_safety:.0%} for spikes, together at most "
        f"{_RULES.cap:g} × (one uplift cap); second supplier or air where orders are late",
        "O29 O44 O51 E17",
    ),
    "core": (
        "life-cycle",
        f"{_RULES.core_days:g} days of safety for the core as a preset; plan deal days, promotion stock 85 % of normal",
        "O45 O52 E07",
    ),
    "long tail": (
        "base-stock",
        "on demand: lead time and review, no more; batches pay for their order cost",
        "O47 O52",
    ),
    "decline": ("base-stock", "run down: no order beyond what the service level asks for, markdown ladder", "O46 M44"),
}
"""Segment → (policy of the catalogue, what it does in words, rows)."""


def segment_table(view: View, rules: PhaseRules | None = None) -> pd.DataFrame:
    """Return one row a series: `sku, location, abc, xyz, pattern, phase, probability, evidence, segment, policy,
    preset, rows`.
    """
    labels = segment_labels(view.panel)
    phase = phase_table(view, rules)
    table = view.series.reset_index(drop=True).assign(
        abc=labels["value"],
        xyz=labels["variability"],
        pattern=labels["pattern"],
        phase=phase["phase"],
        probability=phase["probability"].round(3),
        evidence=phase["evidence"],
    )
    table["segment"] = [policy_of(row.phase, row.abc) for row in table.itertuples()]
    for place, name in enumerate(("policy", "preset", "rows")):
        table[name] = [POLICIES[segment][place] for segment in table["segment"]]
    return table


def policy_of(phase: str, abc: str) -> str:
    """Return the segment of a phase and class: mature A and B products are the core, C the long tail (O47).

    >>> policy_of("maturity", "A"), policy_of("maturity", "C"), policy_of("growth", "C")
    ('core', 'long tail', 'growth')
    """
    if phase == "maturity":
        return "long tail" if abc == "C" else "core"
    return phase


def restock_priority(facts: pd.DataFrame, budget: float = 0.0) -> pd.DataFrame:
    """Return series ranked by what a restock earns, columns `sku, location, need, spend, earns, return_on_spend,
    ad_margin_28d, funded` (O31, O34).

    need: units missing to the reorder point. earns: margin of the need less the loss of advertising. A budget (money,
    0: none) is spent from the top; what it does not reach is not funded.
    """
    missing = (facts["reorder_point"] - facts["on_hand"] - facts["inbound_units"]).clip(lower=0.0).fillna(0.0)
    cost = (facts["stock_value"] / facts["on_hand"].where(facts["on_hand"] > 0)).fillna(facts["price"] / 2.0)
    spend = missing * cost
    losing = facts["ad_margin_28d"].fillna(0.0).clip(upper=0.0)
    earns = missing * facts["unit_margin"].fillna(0.0) + losing
    table = facts[["sku", "location"]].assign(need=missing.round(), spend=spend, earns=earns)
    table["return_on_spend"] = earns / spend.where(spend > 0)
    table["ad_margin_28d"] = facts["ad_margin_28d"]
    table = table[table["need"] > 0].sort_values(["return_on_spend", "sku"], ascending=[False, True], kind="stable")
    table["funded"] = (table["spend"].cumsum() <= budget) if budget > 0 else True
    return table.reset_index(drop=True)
