"""What requests and answers of alerts look like; written by tests/contract/client_types.py."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

__all__ = [
    "AlertAnswer",
    "AlertDetail",
    "AlertEventAnswer",
    "AlertsAnswer",
    "AlertsDraftsAnswer",
    "AlertsHealthAnswer",
    "AlertsSnoozeRequest",
    "CalibrationRow",
    "ClosedLoopAnswer",
    "DraftAnswer",
    "DraftDecision",
    "EvaluationAnswer",
    "HealthRow",
    "LeadTimeRow",
    "LoopSummaryAnswer",
    "ReportAnswer",
    "ReviewRow",
    "TrendPoint",
]


class AlertAnswer(TypedDict):
    """One alert as of the newest day it was looked at."""

    alert_id: str
    status: str
    severity: str
    cause: str
    rule: str
    rows: str
    scope: str
    subject: str
    sku: str
    location: str
    words: str
    evidence: dict[str, float]
    action: str
    money: float | None
    also: str
    owner: str
    opened_on: str
    last_seen_on: str
    resolved_on: str | None
    snoozed_until: str | None
    episodes: int
    version: int


class AlertDetail(TypedDict):
    """An alert and what happened to it, oldest first."""

    alert: AlertAnswer
    history: list[AlertEventAnswer]


class AlertEventAnswer(TypedDict):
    """Something that happened to an alert."""

    day: str
    kind: str
    severity: str
    actor: str
    note: str


class AlertsAnswer(TypedDict):
    """A page of alerts, worst first."""

    items: list[AlertAnswer]
    next_cursor: str | None


class CalibrationRow(TypedDict):
    """A level of the forecast of two weeks ago, held against what was sold since."""

    level: float
    share_below: float | None
    periods: int
    chance: float
    ask_for: float | None


class ClosedLoopAnswer(TypedDict):
    """Suggestion → order → receipt → outcome, and what to learn from it; nothing is changed by itself."""

    as_of: str
    summary: LoopSummaryAnswer
    lead_times: list[LeadTimeRow]
    calibration: list[CalibrationRow]
    review: list[ReviewRow]


class DraftAnswer(TypedDict):
    """An action as a draft: draft, approved, rejected or exported. Fillrate carries out none of them."""

    draft_id: str
    alert_id: str
    action: str
    status: str
    decided_by: str
    version: int
    content: dict[str, Any]


class DraftDecision(TypedDict):
    """What becomes of a draft."""

    decision: str


class EvaluationAnswer(TypedDict):
    """What a run of the rules changed."""

    as_of: str
    alerts: int
    events: dict[str, int]


class HealthRow(TypedDict):
    """Score of a group, its pillars in points, its key figures, and what costs most."""

    group: str
    score: float | None
    turnover: float | None
    structure: float | None
    service_cost: float | None
    reason: str
    kpis: dict[str, float | None]


class LeadTimeRow(TypedDict):
    """A supplier's lead time by mode, as promised and as seen."""

    supplier: str
    mode: str
    receipts: int
    planned_days: float | None
    seen_days: float | None
    seen_sd_days: float | None
    late_quantile_days: float | None
    use: bool


class LoopSummaryAnswer(TypedDict):
    """What became of suggestions; shares and days are null where nothing tells."""

    suggested: int
    followed: int
    changed: int
    ignored: int
    adherence: float
    planned_cost: float
    realised_cost: float
    received_share: float | None
    assumed_share: float | None
    late_days: float | None


class ReportAnswer(TypedDict):
    """The weekly report as data; `format=html` and `xlsx` answer files."""

    as_of: str
    week_start: str
    currency: str
    health_score: float | None
    headline: dict[str, Any]
    sections: dict[str, Any]


class ReviewRow(TypedDict):
    """A class of products held against its target."""

    group: str
    in_stock_rate: float | None
    turnover: float | None
    target: float | None
    level: float
    suggested: float | None


class TrendPoint(TypedDict):
    """The score of a day."""

    day: str
    score: float


class AlertsDraftsAnswer(TypedDict):
    """Action drafts, by name."""

    items: list[DraftAnswer]


class AlertsHealthAnswer(TypedDict):
    """Health scores 0–100, lowest first, and the stored trend of the whole."""

    as_of: str
    alert_below: float
    items: list[HealthRow]
    trend: list[TrendPoint]


class AlertsSnoozeRequest(TypedDict):
    """Until when an alert is silent, and why. It wakes earlier if it becomes critical."""

    until: str
    note: NotRequired[str]
