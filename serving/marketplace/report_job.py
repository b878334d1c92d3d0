"""The kind of job `amazon-report`: order a report, wait for it, fetch it, hand it to a sink.

Each part is a durable step: a worker that was killed goes on with the report that was ordered, and where it died
between ordering and noting that, it looks for the report before it orders another one.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from core.errors import MarketplaceReportError
from inventory.marketplace.report_flow import (
    Move,
    ReportOrder,
    document_of,
    find_same,
    next_move,
    poll_seconds,
    why_ended,
)
from inventory.marketplace.usage_plan import back_off_seconds
from serving.access import Scope
from serving.jobs.kinds import JobKind
from serving.jobs.run import JobRun
from serving.marketplace.connected import connected, wait_in
from serving.marketplace.documents import Document, fetch_document
from serving.marketplace.import_sink import ImportSink, import_kind
from serving.marketplace.report_sink import FolderSink, PulledReport, ReportSink
from serving.marketplace.selling_partner import OutcomeUnknown, SellingPartner

__all__ = ["AMAZON_REPORT", "await_end", "fetch_report", "pull_report"]

LOOKS = 400
"""At a minute each: a report that takes longer is given up."""
ORDERS = 4
CLOCK_DIFFERENCE = timedelta(minutes=5)
"""Between the marketplace's clock and ours."""


def pull_report(run: JobRun, partner: SellingPartner, order: ReportOrder) -> tuple[str, Mapping[str, Any]]:
    """Return the id and the last answer of a report that is done, in the steps `moment`, `order` and `wait`.

    Raises StepFailed where the marketplace refuses or gives up.
    """
    moment = datetime.fromisoformat(run.step("moment", lambda: run.clock().isoformat(timespec="seconds")))
    report_id = run.step("order the report", lambda: _order(run, partner, order, moment))
    ended = run.step("wait for the report", lambda: dict(_done(run, partner, report_id)))
    return report_id, ended


def await_end(run: JobRun, kind: str, look: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the answer of `look` once it is the last one; kind: `report` or `feed`, for the job's words.

    Raises JobCancelled, and MarketplaceReportError where hours do not suffice.
    """
    for number in range(1, LOOKS + 1):
        answer = look()
        if next_move(answer) is not Move.WAIT:
            return answer
        state = str(answer.get("processingStatus", "")).lower().replace("_", " ")
        wait_in(run, f"the {kind} is {state}", poll_seconds(number))
    raise MarketplaceReportError(f"the marketplace did not end the {kind} in {LOOKS} looks; ask for it again")


def _order(run: JobRun, partner: SellingPartner, order: ReportOrder, moment: datetime) -> str:
    doubtful = run.job.attempts > 1
    for attempt in range(1, ORDERS + 1):
        if doubtful:
            there = find_same(order, partner.get_reports(order.report_type, moment - CLOCK_DIFFERENCE))
            if there is not None:
                return there
        try:
            return partner.create_report(order)
        except OutcomeUnknown:
            doubtful = True
            wait_in(run, "looking whether the report was ordered", back_off_seconds(attempt, 0.0))
    raise MarketplaceReportError(f"the marketplace does not say whether it makes {order.report_type}; ask again later")


def _done(run: JobRun, partner: SellingPartner, report_id: str) -> Mapping[str, Any]:
    answer = await_end(run, "report", lambda: partner.get_report(report_id))
    if next_move(answer) is Move.GIVE_UP:
        raise MarketplaceReportError(why_ended("report", answer) + _told_by_document(run, partner, answer))
    if document_of(answer) is None:
        raise MarketplaceReportError(f"the marketplace made report {report_id} without a document; ask for it again")
    return answer


def _told_by_document(run: JobRun, partner: SellingPartner, answer: Mapping[str, Any]) -> str:
    """Return the beginning of what a failed report's document says."""
    if document_of(answer) is None:
        return ""
    said = fetch_report(run, partner, answer).data[:500].decode("utf-8", "replace")
    return f": {' '.join(said.split())}"


def fetch_report(run: JobRun, partner: SellingPartner, answer: Mapping[str, Any]) -> Document:
    """Return the document of a report that is done; raises as documents.fetch_document does."""
    identity = document_of(answer) or ""
    pause = lambda seconds: wait_in(run, "fetching the report", seconds)  # noqa: E731
    return fetch_document(lambda: partner.get_report_document(identity), partner.allow_private, pause)


def _report(run: JobRun) -> Mapping[str, Any]:
    partner = connected(run)
    order, sink = _ordered(run, partner), _sink(run)
    report_id, ended = pull_report(run, partner, order)

    def take() -> dict[str, Any]:
        return dict(sink.take(PulledReport(order.report_type, report_id, fetch_report(run, partner, ended))))

    return {"report_type": order.report_type, "report_id": report_id, **run.step("fetch the report", take)}


def _sink(run: JobRun) -> ReportSink:
    """Return where the report goes; raises UsageError, before anything is ordered, for one that no import reads."""
    dataset = run.request.get("import_into")
    if dataset is None:
        return FolderSink(run.settings.home / "reports")
    import_kind(str(run.request["report_type"]))
    return ImportSink(run, str(dataset), str(run.request.get("location") or "main"))


def _ordered(run: JobRun, partner: SellingPartner) -> ReportOrder:
    """Return what the request asks for; `days` count back from the moment at which the job was asked for."""
    asked, made = run.request, run.job.created_at.replace(microsecond=0)
    start, end = (None if asked.get(name) is None else datetime.fromisoformat(asked[name]) for name in ("start", "end"))
    if asked.get("days"):
        start, end = made - timedelta(days=int(asked["days"])), made
    kinds = partner.account.marketplace_ids
    return ReportOrder(str(asked["report_type"]), kinds, start, end, asked.get("options"))


AMAZON_REPORT = JobKind("amazon-report", Scope.DATA_WRITE, _report)
"""Asked for by POST /v1/jobs/amazon-report, and by schedules of this kind."""
