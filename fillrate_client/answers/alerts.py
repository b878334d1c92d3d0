"""What requests and answers of alerts look like; written by tests/contract/client_types.py."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

__all__ = [
    "ActionBody",
    "AlertAnswer",
    "AlertDetail",
    "AlertEventAnswer",
    "AlertRulesAnswer",
    "AlertRulesBody",
    "AlertsAnswer",
    "AlertsDraftsAnswer",
    "AlertsHealthAnswer",
    "AlertsSnoozeRequest",
    "CalibrationRow",
    "ClosedLoopAnswer",
    "ConditionBody",
    "DraftAnswer",
    "DraftDecision",
    "EvaluationAnswer",
    "HealthRow",
    "LeadTimeRow",
    "LoopSummaryAnswer",
    "NoticeRouteAnswer",
    "NoticeRouteBody",
    "NoticeRoutesAnswer",
    "NoticeRoutesBody",
    "ReportAnswer",
    "ReviewRow",
    "RuleAnswer",
    "RuleBody",
    "RuleChange",
    "TrendPoint",
]


class ActionBody(TypedDict):
    """Something to suggest where all its conditions hold."""

    do: str
    when: NotRequired[list[ConditionBody]]


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


class AlertRulesAnswer(TypedDict):
    """All rules of a dataset, and what of them its tenant has set (send it back changed, with If-Match)."""

    items: list[RuleAnswer]
    own: dict[str, Any]
    version: int


class AlertRulesBody(TypedDict):
    """A dataset's own rules, all of them: changes by rule, and rules to add. The keys are those of …"""

    change: NotRequired[dict[str, RuleChange]]
    rule: NotRequired[list[RuleBody]]


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


class ConditionBody(TypedDict):
    """What must hold: a fact compared once, with a number or another fact (× `times`)."""

    fact: str
    above: NotRequired[float | str | None]
    at_least: NotRequired[float | str | None]
    below: NotRequired[float | str | None]
    at_most: NotRequired[float | str | None]
    equals: NotRequired[float | str | None]
    times: NotRequired[float | None]


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


class NoticeRouteAnswer(TypedDict):
    """A route without its address, which may hold a secret: only of which kind it is. source: file or own."""

    name: str
    kind: str
    source: str
    least: str
    owners: list[str]
    digest: bool
    digest_at: str
    quiet_from: str | None
    quiet_until: str | None
    break_quiet: str
    time_zone: str


class NoticeRouteBody(TypedDict):
    """A way to tell someone. url: an Apprise address; left out, the route of this name keeps the one …"""

    name: str
    url: NotRequired[str | None]
    least: NotRequired[str]
    owners: NotRequired[list[str]]
    digest: NotRequired[bool]
    digest_at: NotRequired[str]
    quiet_from: NotRequired[str | None]
    quiet_until: NotRequired[str | None]
    break_quiet: NotRequired[str]
    time_zone: NotRequired[str]


class NoticeRoutesAnswer(TypedDict):
    """The routes in force; those of notify.toml are the operator's to change."""

    items: list[NoticeRouteAnswer]
    version: int


class NoticeRoutesBody(TypedDict):
    """A tenant's own routes, all of them."""

    route: NotRequired[list[NoticeRouteBody]]


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


class RuleAnswer(TypedDict):
    """A rule in force. source: shipped, file (alerts.toml) or own; own rules can be changed here."""

    id: str
    source: str
    rows: list[str]
    cause: str
    scope: str
    fact: str
    comparison: str
    levels: dict[str, float | str]
    when: list[dict[str, Any]]
    actions: list[dict[str, Any]]
    words: str
    evidence: list[str]
    money: str
    release: float
    unless: list[str]
    outcome: str
    outcome_days: float
    owner: str
    enabled: bool


class RuleBody(TypedDict):
    """A whole rule; one whose id is there already replaces it."""

    rows: NotRequired[list[str] | None]
    cause: NotRequired[str | None]
    fact: NotRequired[str | None]
    comparison: NotRequired[str | None]
    levels: NotRequired[dict[str, float | str] | None]
    when: NotRequired[list[ConditionBody] | None]
    actions: NotRequired[list[ActionBody | str] | None]
    words: NotRequired[str | None]
    evidence: NotRequired[list[str] | None]
    money: NotRequired[str | None]
    release: NotRequired[float | None]
    unless: NotRequired[list[str] | None]
    outcome: NotRequired[str | None]
    outcome_days: NotRequired[float | None]
    owner: NotRequired[str | None]
    enabled: NotRequired[bool | None]
    id: str
    scope: str


class RuleChange(TypedDict):
    """Keys of a rule to set; what is left out stays as it is."""

    rows: NotRequired[list[str] | None]
    cause: NotRequired[str | None]
    fact: NotRequired[str | None]
    comparison: NotRequired[str | None]
    levels: NotRequired[dict[str, float | str] | None]
    when: NotRequired[list[ConditionBody] | None]
    actions: NotRequired[list[ActionBody | str] | None]
    words: NotRequired[str | None]
    evidence: NotRequired[list[str] | None]
    money: NotRequired[str | None]
    release: NotRequired[float | None]
    unless: NotRequired[list[str] | None]
    outcome: NotRequired[str | None]
    outcome_days: NotRequired[float | None]
    owner: NotRequired[str | None]
    enabled: NotRequired[bool | None]


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
