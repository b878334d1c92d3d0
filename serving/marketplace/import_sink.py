"""A sink that keeps a report and asks for its import, as if somebody had sent it to /v1/imports."""

from collections.abc import Mapping
from typing import Any

from core.errors import UsageError
from inventory.imports.layout import layout_names, load_layout
from serving.access import Caller
from serving.imports.import_request import ImportRequest, ImportWords
from serving.imports.report_job import keep_for_report
from serving.jobs.asking import request_job
from serving.jobs.run import JobRun
from serving.marketplace.documents import Document
from serving.marketplace.report_sink import FolderSink, PulledReport

__all__ = ["ImportSink", "import_kind"]

SAME_LAYOUT = {
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL": "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
}
"""Report types whose columns are those of another one."""


def import_kind(report_type: str) -> str:
    """Return the kind of import that reads a report type; raises UsageError where none does."""
    wanted = SAME_LAYOUT.get(report_type, report_type)
    known = {load_layout(name).report: name for name in layout_names()}
    if wanted not in known:
        raise UsageError(f"no import reads {report_type}; without import_into it is kept as a file")
    return known[wanted]


class ImportSink:
    """Keeps the report in the tenant's folder and asks for the job `report`, once a report however often it is taken.

    The day of reports that name none is the one on which the report was asked for.
    """

    def __init__(self, run: JobRun, dataset: str, location: str) -> None:
        self._run, self._dataset, self._location = run, dataset, location

    def take(self, report: PulledReport) -> Mapping[str, Any]:
        """Keep it and ask; return the file's facts and the address of the import's job."""
        run = self._run
        facts = dict(FolderSink(run.settings.home / "reports").take(report))
        words = ImportWords(
            import_kind(report.report_type),
            self._dataset,
            file=str(facts["file"]).rsplit("/", 1)[-1],
            date=run.job.created_at.date().isoformat(),
            location=self._location,
        )
        asked = ImportRequest(words, _as_utf8(report.document))
        caller = Caller(run.job.tenant, run.job.actor, frozenset(), f"job {run.job.id}")
        told = keep_for_report(run.platform.settings, caller, asked)
        with run.database.transaction() as connection:
            key = f"amazon report {report.report_id}"
            job = request_job(connection, run.job, "report", told, key, now=run.clock())
        return facts | {"import_job": f"/v1/jobs/{job.id}"}


def _as_utf8(document: Document) -> bytes:
    """Return the text in UTF-8 where the download named its character set, else as it came: the reader guesses then."""
    if document.charset is None:
        return document.data
    try:
        return document.data.decode(document.charset).encode()
    except (UnicodeDecodeError, LookupError):
        return document.data
