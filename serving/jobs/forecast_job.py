"""The kind `forecast`: all series of a dataset, or those of some SKUs, into files of the tenant."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from core.errors import UnknownSkuError
from serving.access import Scope
from serving.context import Rows, ServiceContext
from serving.demand.bucket_schemas import BucketsRequest
from serving.demand.bucketed import bucketed, check_calendar
from serving.jobs.job import ItemError
from serving.jobs.job_results import FORMATS, job_folder, write_result
from serving.jobs.kinds import JobKind
from serving.jobs.loading import AskedDataset, asked_dataset, context_of
from serving.jobs.run import JobRun

__all__ = ["FORECAST", "chosen_rows", "facts_of"]


def _forecast(run: JobRun) -> Mapping[str, Any]:
    made: dict[str, Any] = run.step("forecast", lambda: _write(run))
    return made


def _write(run: JobRun) -> dict[str, Any]:
    told: list[str] = []
    run.progress("loading data and model", 0.1)
    asked = asked_dataset(run)
    context = context_of(run, asked, told.append)
    rows = chosen_rows(run, context)
    horizon = run.request.get("horizon") or min(context.horizon, context.dataset.config.frequency.default_horizon)
    levels = tuple(run.request.get("levels") or (0.05, 0.5, 0.95))
    run.progress(f"forecasting {len(rows):,} series", 0.5)
    made = context.forecast(rows, int(horizon), levels)
    tables = {"forecast": made.to_frame()}
    if wanted := run.request.get("buckets"):
        calendar = BucketsRequest.model_validate(wanted).calendar()
        check_calendar(calendar, made.frequency)
        tables["buckets"] = bucketed(context, made, rows, calendar).to_frame()
    run.progress("writing the result", 0.8)
    folder = job_folder(run.platform.settings, run.job.tenant, run.job.id)
    formats = list(run.request.get("formats") or FORMATS)
    written = [write_result(folder, name, table, formats) for name, table in tables.items()]
    return {**facts_of(asked, context, told), "series": len(rows), "horizon": int(horizon), "tables": written}


def chosen_rows(run: JobRun, context: ServiceContext) -> Rows:
    """Return the rows of the SKUs that were asked for (default: all); each unknown SKU is an item that was refused."""
    asked = run.request.get("skus")
    if asked is None:
        return np.arange(len(context.distribution.series))
    unknown = [sku for sku in dict.fromkeys(asked) if sku not in context.rows_by_sku]
    run.item_errors([ItemError(sku, "sku.unknown", f"{sku} is not in the dataset") for sku in unknown])
    known = [sku for sku in asked if sku in context.rows_by_sku]
    if not known:
        raise UnknownSkuError("none of the SKUs asked for is in the dataset; GET /v1/products lists what is")
    return context.find_skus(known)


def facts_of(asked: AskedDataset, context: ServiceContext, told: list[str]) -> dict[str, Any]:
    """Return what every bulk result says: dataset, day, model, freshness, remarks."""
    version, fresh = context.champion.version, context.freshness
    reasons: pd.Series[str] = context.distribution.series["fallback_reason"]
    return {
        "dataset": asked.name,
        "dataset_version": asked.version,
        "as_of": str(fresh.as_of),
        "last_observed": str(fresh.last_observed),
        "stale": fresh.stale,
        "model": {
            "name": version.name if version else context.champion.model.name,
            "version": str(version.version) if version else None,
        },
        "insufficient_data": int((reasons != "").sum()),
        "remarks": told,
    }


FORECAST = JobKind("forecast", Scope.FORECAST_READ, _forecast)
"""Asked for by POST /v1/jobs/forecast, and by POST /v1/forecasts with Prefer: respond-async."""
