"""Reports and feeds take their time: what is asked for, the states they go through, and what each state means for us.

createReport answers 202 with an id; getReport tells IN_QUEUE, IN_PROGRESS, then DONE (with a document), CANCELLED or
FATAL; getReportDocument names the address of the bytes. Feeds go the same way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from core.errors import MarketplaceError

__all__ = ["Move", "ReportOrder", "document_of", "find_same", "next_move", "poll_seconds", "why_ended"]

FIRST_POLL, LONGEST_POLL = 1.0, 60.0


class Move(StrEnum):
    """What to do next about a report or feed."""

    WAIT = "wait"
    FETCH = "fetch"
    GIVE_UP = "give_up"


MOVES: Mapping[str, Move] = {
    "IN_QUEUE": Move.WAIT,
    "IN_PROGRESS": Move.WAIT,
    "DONE": Move.FETCH,
    "CANCELLED": Move.GIVE_UP,
    "FATAL": Move.GIVE_UP,
}


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """A report that is wanted: its type, the time it covers (None: as the marketplace likes), options."""

    report_type: str
    marketplace_ids: tuple[str, ...]
    start: datetime | None = None
    end: datetime | None = None
    options: Mapping[str, str] | None = None

    def body(self) -> dict[str, Any]:
        """Return the body of createReport."""
        told: dict[str, Any] = {"reportType": self.report_type, "marketplaceIds": list(self.marketplace_ids)}
        if self.start is not None:
            told["dataStartTime"] = _text(self.start)
        if self.end is not None:
            told["dataEndTime"] = _text(self.end)
        if self.options:
            told["reportOptions"] = dict(sorted(self.options.items()))
        return told


def next_move(answer: Mapping[str, Any]) -> Move:
    """Return what a report's or feed's `processingStatus` asks for; a state that is not known yet is waited out."""
    return MOVES.get(str(answer.get("processingStatus")), Move.WAIT)


def poll_seconds(look: int) -> float:
    """Return the seconds before look 1, 2, …: 1 s growing by half to a minute."""
    return min(FIRST_POLL * 1.5 ** min(look - 1, 20), LONGEST_POLL)


def why_ended(kind: str, answer: Mapping[str, Any]) -> str:
    """Return in words why a report or feed came to nothing and what to do about it."""
    state = answer.get("processingStatus")
    name = answer.get("reportType") or answer.get("feedType") or "?"
    identity = answer.get("reportId") or answer.get("feedId") or "?"
    told = f"the marketplace ended {kind} {identity} ({name}) as {state}"
    if state == "CANCELLED" and kind == "report":
        return f"{told}: mostly there are no data for what was asked; ask for another time, or later"
    if state == "CANCELLED":
        return f"{told}; send it again"
    hint = "its document says more" if document_of(answer) else "it says no more"
    return f"{told}: an error of its own, or asked for too often (once in half an hour for most types); {hint}"


def document_of(answer: Mapping[str, Any]) -> str | None:
    """Return the id of the document that belongs to a report or to the result of a feed."""
    found = answer.get("reportDocumentId") or answer.get("resultFeedDocumentId")
    return None if found is None else str(found)


def find_same(order: ReportOrder, reports: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the id of the newest of the reports that is the one ordered and has not failed, None where none is.

    For the moment after a crash or a cut connection, when nobody knows whether createReport reached the marketplace.
    """
    wanted = order.body()
    same = [
        report
        for report in reports
        if report.get("reportType") == order.report_type
        and set(report.get("marketplaceIds") or order.marketplace_ids) == set(order.marketplace_ids)
        and all(_same_moment(report.get(name), wanted.get(name)) for name in ("dataStartTime", "dataEndTime"))
        and next_move(report) is not Move.GIVE_UP
    ]
    newest = max(same, key=lambda report: str(report.get("createdTime", "")), default=None)
    return None if newest is None else str(newest["reportId"])


def _same_moment(there: Any, wanted: Any) -> bool:
    """Return whether both are one moment; the marketplace fills in what was not asked for."""
    if wanted is None:
        return True
    try:
        return there is not None and datetime.fromisoformat(str(there)) == datetime.fromisoformat(str(wanted))
    except ValueError as error:
        raise MarketplaceError(f"the marketplace answered {there!r} where a time belongs; ask again") from error


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
