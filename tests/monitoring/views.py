"""Small views whose every number the test gives; and facts of one subject, for rules at, under and over a limit."""

from datetime import date

import numpy as np
import pandas as pd

from core.frequency import Frequency
from core.types import DemandForecast
from features.panel import build_panel
from inventory.configuration import DatasetConfig
from inventory.schema import TABLES
from inventory.supply import supply_terms, supply_ways
from monitoring.alerts import raise_alerts
from monitoring.fact import Scope
from monitoring.facts import CATALOGUE
from monitoring.rule import shipped_rules
from monitoring.view import Feeds, View

AS_OF = date(2024, 7, 1)
"""A Monday."""
RULES = {rule.id: rule for rule in shipped_rules()}


def table(name: str, /, **columns: object) -> pd.DataFrame:
    """Return a table of the contract with the columns given and the rest as reading a file would leave them."""
    given = pd.DataFrame(columns)
    made = {}
    for column in TABLES[name].columns:
        if column.name in given:
            values = given[column.name]
            made[column.name] = pd.to_datetime(values).astype("datetime64[s]") if column.kind == "date" else values
            if column.kind != "date":
                made[column.name] = made[column.name].astype(column.kind.dtype)
        elif not column.only_if_present:
            if column.kind == "date":
                made[column.name] = pd.Series(pd.NaT, index=given.index).astype("datetime64[s]")
            else:
                filler = np.nan if column.default is None else column.default
                made[column.name] = pd.Series([filler] * len(given), index=given.index).astype(column.kind.dtype)
    return pd.DataFrame(made)


def day(back: int) -> pd.Timestamp:
    """Return the day `back` days before AS_OF."""
    return pd.Timestamp(AS_OF) - pd.Timedelta(days=back)


def make_view(
    units: object,
    on_hand: object = 100.0,
    price: float = 20.0,
    in_stock: object = None,
    inbound: object = None,
    paths: object = None,
    lead: float = 14.0,
    unit_cost: float = 8.0,
    feeds: Feeds | None = None,
    **tables: pd.DataFrame,
) -> View:
    """Return a view of n SKUs (`S0`, `S1`, …) whose last day of sales is the one before AS_OF.

    units, in_stock: (n, T) or (T,). paths: (n, P, H) futures; without them there is no forecast.
    """
    sold = np.atleast_2d(np.asarray(units, dtype=np.float64))
    count, days = sold.shape
    skus = [f"S{place}" for place in range(count)]
    dates = pd.date_range(end=day(1), periods=days)
    stocked = np.ones_like(sold) if in_stock is None else np.broadcast_to(np.asarray(in_stock, float), sold.shape)
    sales = table(
        "sales",
        sku=np.repeat(skus, days),
        date=np.tile(dates, count),
        units=sold.ravel(),
        price=price,
        in_stock=stocked.ravel(),
    )
    products = tables.pop("products", None)
    if products is None:
        products = table("products", sku=skus, price=price, unit_cost=unit_cost)
    supply = tables.pop("supply", None)
    if supply is None:
        supply = table("supply", sku=["*"], supplier="Acme", mode="sea", lead_time_days=lead)
    known = {"sales": sales, "products": products, "supply": supply, **tables}
    panel = build_panel(known, Frequency.DAILY, AS_OF)
    config = DatasetConfig()
    terms = supply_terms(products, supply, panel.series, config)
    held = np.broadcast_to(np.asarray(on_hand, dtype=np.float64), (count,)).copy()
    coming = np.zeros((count, 60)) if inbound is None else np.atleast_2d(np.asarray(inbound, dtype=np.float64))
    return View(
        panel=panel,
        terms=terms,
        on_hand=held,
        inbound=coming,
        tables=known,
        forecast=None if paths is None else forecast_of(panel, np.asarray(paths, dtype=np.float32)),
        ways=supply_ways(products, supply, panel.series, config),
        feeds=feeds or Feeds(),
    )


def forecast_of(panel, paths) -> DemandForecast:
    """Return a forecast whose joint futures are `paths` (n, P, H)."""
    horizon = paths.shape[2]
    mean = paths.mean(axis=1, dtype=np.float64)
    quantiles = np.quantile(paths, [0.05, 0.5, 0.95], axis=1).transpose(1, 2, 0)
    series = panel.series.assign(fallback_reason="")
    dates = panel.dates(panel.periods, horizon)
    return DemandForecast(
        series, panel.as_of, panel.frequency, dates, (0.05, 0.5, 0.95), mean, quantiles, paths, "t", 1
    )


def facts_of_one(scope: Scope, **numbers: float) -> pd.DataFrame:
    """Return one row with the numbers given; everything else is not known."""
    keys = {key: ["x"] for key in scope.keys}
    unknown = {name: [np.nan] for name in CATALOGUE[scope]}
    return pd.DataFrame({**keys, **unknown, **{name: [float(value)] for name, value in numbers.items()}})


def severity_of(rule_id: str, **numbers: float) -> str | None:
    """Return the severity at which a shipped rule (on or off) fires on the numbers; None where it does not."""
    from dataclasses import replace

    rule = replace(RULES[rule_id], enabled=True)
    raised = raise_alerts([rule], {rule.scope: facts_of_one(rule.scope, **numbers)})
    firing = raised[raised["fires"].astype(bool)]
    return None if firing.empty else str(firing["severity"].iloc[0])


def actions_of(rule_id: str, **numbers: float) -> list[str]:
    """Return what the rule suggests on the numbers."""
    from dataclasses import replace

    rule = replace(RULES[rule_id], enabled=True)
    return raise_alerts([rule], {rule.scope: facts_of_one(rule.scope, **numbers)})["action"].tolist()
