"""The kind `weekly-report`: the week's report as page, workbook and data, made on a schedule and kept as files."""

from collections.abc import Mapping
from typing import Any

from monitoring.weekly_report import weekly_report
from serving.access import Scope
from serving.alerts.job_watch import watched_by_job
from serving.alerts.loop_board import loop_summary
from serving.alerts.report_files import report_bytes
from serving.alerts.store import health_trend
from serving.jobs.job_results import job_folder, write_bytes
from serving.jobs.kinds import JobKind
from serving.jobs.run import JobRun

__all__ = ["WEEKLY_REPORT"]


def _report(run: JobRun) -> Mapping[str, Any]:
    made: dict[str, Any] = run.step("report", lambda: _write(run))
    return made


def _write(run: JobRun) -> dict[str, Any]:
    """Evaluate and write the files; nothing else is changed, so that it may be done again."""
    made = watched_by_job(run)
    asked, context, seen = made.asked, made.context, made.seen
    with run.database.reading() as connection:
        trend = health_trend(connection, made.place)
        loop = loop_summary(connection, run.job.tenant, asked.name, seen.view)
    report = weekly_report(seen.view, seen.facts, seen.firing, context.dataset.config.currency, loop, trend)
    forms = list(run.request.get("formats") or ("html", "xlsx", "json"))
    folder = job_folder(run.platform.settings, run.job.tenant, run.job.id)
    written = write_bytes(folder, "weekly_report", {form: report_bytes(report, f".{form}") for form in forms})
    plain = report.as_plain()
    week = {name: plain[name] for name in ("as_of", "week_start", "currency", "headline")}
    return {"dataset": asked.name, **week, "remarks": made.told, "tables": [written]}


WEEKLY_REPORT = JobKind("weekly-report", Scope.FORECAST_READ, _report)
"""Asked for by POST /v1/jobs/weekly-report, and by schedules."""
