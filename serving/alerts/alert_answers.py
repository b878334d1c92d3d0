"""What the routes of alerts, health and reports answer, and the bodies that they take."""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "AlertAnswer",
    "AlertDetail",
    "AlertEventAnswer",
    "AlertsAnswer",
    "CalibrationRow",
    "ClosedLoopAnswer",
    "DraftAnswer",
    "DraftDecision",
    "DraftsAnswer",
    "EvaluationAnswer",
    "HealthAnswer",
    "HealthRow",
    "LeadTimeRow",
    "LoopSummaryAnswer",
    "ReportAnswer",
    "ReviewRow",
    "SnoozeRequest",
    "TrendPoint",
]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AlertAnswer(_Closed):
    """One alert as of the newest day it was looked at."""

    alert_id: str = Field(examples=["5f0c9e1b2a3d4c5e"])
    status: str = Field(description="open, snoozed or resolved", examples=["open"])
    severity: str = Field(description="watch, warning, urgent or critical", examples=["urgent"])
    cause: str = Field(examples=["stock-out"])
    rule: str = Field(description="The rule that speaks", examples=["stockout-risk"])
    rows: str = Field(description="Rows of the rules of the trade", examples=["M01 M02 E13"])
    scope: str = Field(examples=["series"])
    subject: str = Field(examples=["SKU-1@main"])
    sku: str
    location: str
    words: str = Field(description="What looks wrong, in one sentence")
    evidence: dict[str, float] = Field(description="The numbers behind it")
    action: str = Field(description="What to do; nothing is done by itself", examples=["order_by_air"])
    money: float | None = Field(description="What is at stake, in the dataset's currency")
    also: str = Field(description="Other rules that say the same, by name")
    owner: str = Field(examples=["planner"])
    opened_on: date
    last_seen_on: date
    resolved_on: date | None
    snoozed_until: date | None
    episodes: int = Field(description="How many times it was opened", examples=[1])
    version: int


class AlertsAnswer(_Closed):
    """A page of alerts, worst first."""

    items: list[AlertAnswer]
    next_cursor: str | None


class AlertEventAnswer(_Closed):
    """Something that happened to an alert."""

    day: date
    kind: str = Field(description="opened, raised, lowered, resolved, reopened, snoozed or woken")
    severity: str
    actor: str
    note: str


class AlertDetail(_Closed):
    """An alert and what happened to it, oldest first."""

    alert: AlertAnswer
    history: list[AlertEventAnswer]


class SnoozeRequest(_Closed):
    """Until when an alert is silent, and why. It wakes earlier if it becomes critical."""

    until: date = Field(description="First day on which it speaks again", examples=["2024-08-12"])
    note: str = Field(default="", max_length=500, examples=["supplier confirmed for the 9th"])
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"until": "2024-08-12", "note": "on it"}]}
    )


class EvaluationAnswer(_Closed):
    """What a run of the rules changed."""

    as_of: date
    alerts: int = Field(description="Alerts that fire")
    events: dict[str, int] = Field(description="Events by kind; empty where nothing changed", examples=[{"opened": 3}])


class HealthRow(_Closed):
    """Score of a group, its pillars in points, its key figures, and what costs most."""

    group: str = Field(examples=["all"])
    score: float | None
    turnover: float | None
    structure: float | None
    service_cost: float | None
    reason: str
    kpis: dict[str, float | None]


class TrendPoint(_Closed):
    """The score of a day."""

    day: date
    score: float


class HealthAnswer(_Closed):
    """Health scores 0–100, lowest first, and the stored trend of the whole."""

    as_of: date
    alert_below: float = Field(examples=[80.0])
    items: list[HealthRow]
    trend: list[TrendPoint]


class ReportAnswer(_Closed):
    """The weekly report as data; `format=html` and `xlsx` answer files."""

    as_of: date
    week_start: date
    currency: str
    health_score: float | None
    headline: dict[str, Any]
    sections: dict[str, Any]


class LoopSummaryAnswer(_Closed):
    """What became of suggestions; shares and days are null where nothing tells."""

    suggested: int
    followed: int
    changed: int
    ignored: int
    adherence: float = Field(description="Followed ÷ suggested")
    planned_cost: float = Field(description="Money that the executed suggestions would have cost")
    realised_cost: float = Field(description="Money that their orders cost")
    received_share: float | None = Field(description="Units received ÷ ordered, of orders that came")
    assumed_share: float | None = Field(
        description="Part of the units received that named no order and were taken for the oldest open one"
    )
    late_days: float | None = Field(description="Mean days after the planned arrival")


class LeadTimeRow(_Closed):
    """A supplier's lead time by mode, as promised and as seen."""

    supplier: str
    mode: str
    receipts: int
    planned_days: float | None
    seen_days: float | None
    seen_sd_days: float | None
    late_quantile_days: float | None = Field(description="Nine of ten deliveries took at most so long")
    use: bool = Field(description="Whether there are enough receipts to plan with what was seen")


class CalibrationRow(_Closed):
    """A level of the forecast of two weeks ago, held against what was sold since."""

    level: float = Field(examples=[0.95])
    share_below: float | None = Field(description="Share of the demand since that was below the level's forecast")
    periods: int = Field(description="Series-periods that were observed")
    chance: float = Field(description="What the share may differ from the level by luck")
    ask_for: float | None = Field(description="Level whose forecast had the share that this level promises")


class ReviewRow(_Closed):
    """A class of products held against its target."""

    group: str = Field(examples=["A"])
    in_stock_rate: float | None
    turnover: float | None
    target: float | None
    level: float = Field(description="Cycle service level now")
    suggested: float | None = Field(description="Cycle service level that the review suggests")


class ClosedLoopAnswer(_Closed):
    """Suggestion → order → receipt → outcome, and what to learn from it; nothing is changed by itself."""

    as_of: date
    summary: LoopSummaryAnswer
    lead_times: list[LeadTimeRow]
    calibration: list[CalibrationRow]
    review: list[ReviewRow]


class DraftAnswer(_Closed):
    """An action as a draft: draft, approved, rejected or exported. Fillrate carries out none of them."""

    draft_id: str
    alert_id: str
    action: str = Field(examples=["markdown"])
    status: str = Field(examples=["draft"])
    decided_by: str
    version: int
    content: dict[str, Any]


class DraftsAnswer(_Closed):
    """Action drafts, by name."""

    items: list[DraftAnswer]


class DraftDecision(_Closed):
    """What becomes of a draft."""

    decision: str = Field(pattern="^(approve|reject|export)$", examples=["approve"])
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"decision": "approve"}]})
