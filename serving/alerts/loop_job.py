"""The kind `safety-stock-review`: the closed loop and what to learn from it, as tables; meant for a quarterly schedule.

It suggests service levels and lead times; nothing is changed by itself.
"""

from collections.abc import Mapping
from typing import Any

from monitoring.closed_loop import learned_lead_times
from serving.access import Scope
from serving.alerts.job_watch import watched_by_job
from serving.alerts.loop_board import calibration_table, loop_table, review_table, told_loop
from serving.jobs.job_results import FORMATS, job_folder, write_result
from serving.jobs.kinds import JobKind
from serving.jobs.run import JobRun

__all__ = ["SAFETY_STOCK_REVIEW"]


def _review(run: JobRun) -> Mapping[str, Any]:
    made: dict[str, Any] = run.step("review", lambda: _write(run))
    return made


def _write(run: JobRun) -> dict[str, Any]:
    made = watched_by_job(run)
    asked, seen = made.asked, made.seen
    with run.database.reading() as connection:
        table = loop_table(connection, run.job.tenant, asked.name, seen.view)
    folder = job_folder(run.platform.settings, run.job.tenant, run.job.id)
    formats = list(run.request.get("formats") or FORMATS)
    tables = {
        "closed_loop": table,
        "lead_times": learned_lead_times(seen.view),
        "calibration": calibration_table(seen),
        "review": review_table(seen),
    }
    written = [write_result(folder, name, frame, formats) for name, frame in tables.items()]
    return {"dataset": asked.name, **told_loop(table, seen), "remarks": made.told, "tables": written}


SAFETY_STOCK_REVIEW = JobKind("safety-stock-review", Scope.FORECAST_READ, _review)
"""Asked for by POST /v1/jobs/safety-stock-review, and by schedules."""
