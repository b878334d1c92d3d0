"""What the states of a report mean, and how one is found again."""

from datetime import datetime, timedelta, timezone

import pytest

from core.errors import MarketplaceError
from inventory.marketplace.report_flow import (
    Move,
    ReportOrder,
    document_of,
    find_same,
    next_move,
    poll_seconds,
    why_ended,
)

MARCH = datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=1)))
ORDER = ReportOrder("GET_X", ("US", "CA"), MARCH, MARCH + timedelta(days=7), {"b": "2", "a": "1"})


def listed(**changes) -> dict:
    facts = {"reportId": "R1", "reportType": "GET_X", "marketplaceIds": ["CA", "US"], "processingStatus": "IN_QUEUE"}
    times = {"dataStartTime": "2026-03-01T00:00:00+00:00", "dataEndTime": "2026-03-08T00:00:00.000Z"}
    return facts | times | {"createdTime": "2026-03-09T00:00:00Z"} | changes


def test_an_order_is_told_in_utc_with_its_options() -> None:
    assert ORDER.body() == {
        "reportType": "GET_X",
        "marketplaceIds": ["US", "CA"],
        "dataStartTime": "2026-03-01T00:00:00Z",
        "dataEndTime": "2026-03-08T00:00:00Z",
        "reportOptions": {"a": "1", "b": "2"},
    }
    assert ReportOrder("GET_X", ("US",)).body() == {"reportType": "GET_X", "marketplaceIds": ["US"]}


@pytest.mark.parametrize(
    ("state", "move"),
    [
        ("IN_QUEUE", Move.WAIT),
        ("IN_PROGRESS", Move.WAIT),
        ("DONE", Move.FETCH),
        ("CANCELLED", Move.GIVE_UP),
        ("FATAL", Move.GIVE_UP),
        ("A_STATE_OF_TOMORROW", Move.WAIT),
    ],
)
def test_each_state_asks_for_one_move(state, move) -> None:
    assert next_move({"processingStatus": state}) is move


def test_a_report_that_came_to_nothing_says_why_and_what_to_do() -> None:
    told = {"reportId": "R1", "reportType": "GET_X"}
    cancelled = why_ended("report", told | {"processingStatus": "CANCELLED"})
    assert "R1 (GET_X) as CANCELLED" in cancelled
    assert "no data" in cancelled
    assert "asked for too often" in why_ended("report", told | {"processingStatus": "FATAL"})
    fatal = why_ended("feed", {"feedId": "F1", "processingStatus": "FATAL", "resultFeedDocumentId": "D"})
    assert "feed F1" in fatal
    assert "its document says more" in fatal


def test_the_document_of_a_report_or_a_feed_is_found() -> None:
    assert document_of({"reportDocumentId": "D1"}) == "D1"
    assert document_of({"resultFeedDocumentId": "D2"}) == "D2"
    assert document_of({}) is None


def test_an_order_is_found_again_among_reports_whatever_their_time_zone() -> None:
    assert find_same(ORDER, [listed()]) == "R1"
    newer = listed(reportId="R2", createdTime="2026-03-09T00:00:05Z", dataStartTime="2026-03-01T01:00:00+01:00")
    assert find_same(ORDER, [newer, listed()]) == "R2"


@pytest.mark.parametrize(
    "changes",
    [
        {"reportType": "GET_Y"},
        {"marketplaceIds": ["US"]},
        {"dataStartTime": "2026-02-28T23:59:59Z"},
        {"dataEndTime": None},
        {"processingStatus": "FATAL"},
        {"processingStatus": "CANCELLED"},
    ],
)
def test_another_report_or_one_that_failed_is_not_taken_for_it(changes) -> None:
    assert find_same(ORDER, [listed(**changes)]) is None


def test_what_was_not_asked_for_need_not_agree() -> None:
    assert find_same(ReportOrder("GET_X", ("US", "CA")), [listed()]) == "R1"


def test_a_time_that_is_none_is_told() -> None:
    with pytest.raises(MarketplaceError, match="where a time belongs"):
        find_same(ORDER, [listed(dataStartTime="yesterday")])


def test_looks_become_rarer_up_to_one_a_minute() -> None:
    pauses = [poll_seconds(look) for look in range(1, 40)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (1.0, 60.0)
