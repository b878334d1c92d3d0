"""Forecasts as they were issued: kept append-only, and held against what was sold, by how long before it was known.

The lag of a period is the number of periods between the day of issue and it: lag 0 is the first period forecast. For
each period and lag the newest forecast counts that had been issued by then.
"""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from core.frequency import Frequency
from serving.access import Caller
from serving.demand.dataset_views import shown_moment
from serving.demand.demand_tables import ISSUED_FORECASTS, ISSUED_SERIES
from serving.demand.page_moment import page_moment
from serving.paging import cut_page, decode_cursor
from serving.problems import ApiProblem

__all__ = ["accuracy_by_lag", "find_issued", "issue", "list_issued", "new_forecast_id"]

RESOURCE = "issued forecasts"
MOST_ACCOUNTED = 200_000
"""Series of issued forecasts that one account of accuracy reads at most; the newest ones count."""


def new_forecast_id() -> str:
    """Return a name for a forecast that is about to be issued."""
    return uuid.uuid4().hex


def issue(connection: sa.Connection, caller: Caller, dataset: str, body: Mapping[str, Any], now: datetime) -> None:
    """Keep an answered forecast (its `forecast_id` is in it) in the caller's transaction."""
    name = body["forecast_id"]
    header = {key: value for key, value in body.items() if key != "series"}
    row = {
        "tenant": caller.tenant,
        "forecast_id": name,
        "dataset": dataset,
        "issued_at": now,
        "actor": caller.actor,
        "header": header,
    }
    connection.execute(ISSUED_FORECASTS.insert().values(row))
    series = [
        {
            "tenant": caller.tenant,
            "forecast_id": name,
            "place": place,
            "sku": item["sku"],
            "location": item["location"],
            "answer": item,
        }
        for place, item in enumerate(body["series"])
    ]
    connection.execute(ISSUED_SERIES.insert(), series)


def find_issued(connection: sa.Connection, tenant: str, name: str) -> dict[str, Any]:
    """Return an issued forecast as it was answered; raises ApiProblem `resource.unknown`."""
    mine = (ISSUED_FORECASTS.c.tenant == tenant) & (ISSUED_FORECASTS.c.forecast_id == name)
    found = connection.execute(sa.select(ISSUED_FORECASTS.c.header).where(mine)).one_or_none()
    if found is None:
        raise ApiProblem("resource.unknown", f"There is no issued forecast {name[:40]!r}.")
    table = ISSUED_SERIES.c
    wanted = sa.select(table.answer).where(table.tenant == tenant, table.forecast_id == name).order_by(table.place)
    return {**found.header, "series": list(connection.execute(wanted).scalars())}


def list_issued(
    connection: sa.Connection, tenant: str, dataset: str, limit: int, cursor: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of issued forecasts without their series, newest first, and the cursor of the next."""
    table, at = ISSUED_FORECASTS.c, decode_cursor(RESOURCE, cursor, str, str)
    wanted = sa.select(ISSUED_FORECASTS).where(table.tenant == tenant, table.dataset == dataset)
    if at is not None:
        moment = page_moment(at[0])
        older = sa.or_(table.issued_at < moment, sa.and_(table.issued_at == moment, table.forecast_id < at[1]))
        wanted = wanted.where(older)
    newest = wanted.order_by(table.issued_at.desc(), table.forecast_id.desc())
    rows = connection.execute(newest.limit(limit + 1)).all()
    page, following = cut_page(RESOURCE, rows, limit, lambda row: (row.issued_at.isoformat(), row.forecast_id))
    return [_summary(row) for row in page], following


def accuracy_by_lag(
    connection: sa.Connection, tenant: str, dataset: str, sales: pd.DataFrame, frequency: Frequency, end: date
) -> list[dict[str, Any]]:
    """Return how far issued means were from what was sold in the periods before `end`, lag by lag.

    units: sold; wape: Σ|sold − mean| ÷ Σ sold; bias: Σ(mean − sold) ÷ Σ sold (null where nothing was sold).
    sales: the dataset's table; a period without a row of a series that was sold before is one without sales.
    """
    table, head = ISSUED_SERIES.c, ISSUED_FORECASTS.c
    both = sa.and_(table.tenant == head.tenant, table.forecast_id == head.forecast_id)
    wanted = (
        sa.select(head.issued_at, head.header, table.sku, table.location, table.answer)
        .select_from(ISSUED_SERIES.join(ISSUED_FORECASTS, both))
        .where(head.tenant == tenant, head.dataset == dataset)
        .order_by(head.issued_at.desc(), head.forecast_id)
        .limit(MOST_ACCOUNTED)
    )
    newest: dict[tuple[int, str, str, str], float] = {}
    for row in connection.execute(wanted):
        for lag, period in enumerate(row.answer["periods"]):
            if date.fromisoformat(period["date"]) < end:
                newest.setdefault((lag, row.sku, row.location, period["date"]), float(period["mean"]))
    return _scored(newest, _sold(sales, frequency)) if newest else []


def _scored(newest: Mapping[tuple[int, str, str, str], float], sold: Mapping[Any, float]) -> list[dict[str, Any]]:
    frame = pd.DataFrame(
        [(*key, mean) for key, mean in newest.items()], columns=["lag", "sku", "location", "date", "mean"]
    )
    keys = zip(frame["sku"], frame["location"], frame["date"], strict=True)
    frame["sold"] = np.array([sold.get(key, 0.0) for key in keys])
    scores = []
    for lag, part in frame.groupby("lag"):
        units, error = float(part["sold"].sum()), part["mean"] - part["sold"]
        scores.append(
            {
                "lag": int(lag),
                "periods": len(part),
                "units": round(units, 6),
                "wape": round(float(error.abs().sum()) / units, 6) if units else None,
                "bias": round(float(error.sum()) / units, 6) if units else None,
            }
        )
    return scores


def _sold(sales: pd.DataFrame, frequency: Frequency) -> Mapping[Any, float]:
    days = frequency.floor(sales["date"].to_numpy().astype("datetime64[D]")).astype(str)
    return sales.assign(date=days).groupby(["sku", "location", "date"])["units"].sum().to_dict()


def _summary(row: sa.Row[Any]) -> dict[str, Any]:
    header = row.header
    return {
        "forecast_id": row.forecast_id,
        "dataset": row.dataset,
        "issued_at": shown_moment(row.issued_at),
        "actor": row.actor,
        "model": header["model"],
        "as_of": header["data"]["as_of"],
        "horizon": header["horizon"],
    }
