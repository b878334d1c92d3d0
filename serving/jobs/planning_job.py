"""The kind `plan`: from the tables of a dataset to its order proposals, as files of the tenant."""

from collections.abc import Mapping
from typing import Any

from serving.access import Scope
from serving.jobs.forecast_job import chosen_rows, facts_of
from serving.jobs.job_results import FORMATS, job_folder, write_result
from serving.jobs.kinds import JobKind
from serving.jobs.loading import context_of
from serving.jobs.run import JobRun

__all__ = ["PLAN"]


def _plan(run: JobRun) -> Mapping[str, Any]:
    made: dict[str, Any] = run.step("plan", lambda: _write(run))
    return made


def _write(run: JobRun) -> dict[str, Any]:
    told: list[str] = []
    run.progress("loading data and model", 0.1)
    context = context_of(run, told.append)
    rows = chosen_rows(run, context)
    run.progress(f"planning {len(rows):,} series", 0.4)
    _, plan = context.plan(rows, dict(run.request.get("what_if") or {}))
    run.progress("writing the result", 0.9)
    folder = job_folder(run.platform.settings, run.job.tenant, run.job.id)
    written = write_result(folder, "plan", plan.orders, list(run.request.get("formats") or FORMATS))
    summary = plan.summary
    return {
        **facts_of(run, context, told),
        "series": summary.series,
        "ordered": summary.ordered,
        "status": str(summary.status),
        "expected_cost": round(float(summary.expected_cost), 4),
        "spend": round(float(summary.spend), 4),
        "currency": context.dataset.config.currency,
        "tables": [written],
    }


PLAN = JobKind("plan", Scope.FORECAST_READ, _plan)
"""Asked for by POST /v1/jobs/plan."""
