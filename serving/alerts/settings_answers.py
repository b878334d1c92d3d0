"""What the routes of alert rules and notification routes answer, and the bodies that they take."""

from datetime import time
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "ActionBody",
    "AlertRulesAnswer",
    "AlertRulesBody",
    "ConditionBody",
    "NoticeRouteAnswer",
    "NoticeRouteBody",
    "NoticeRoutesAnswer",
    "NoticeRoutesBody",
    "RuleAnswer",
    "RuleBody",
    "RuleChange",
]

MOST_RULES = 300
MOST_ROUTES = 50

Number = Annotated[float, Field(ge=-1e12, le=1e12)]
Name = Annotated[str, Field(max_length=60)]
Limit = Number | Name
"""A number, or the name of another fact."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ConditionBody(_Closed):
    """What must hold: a fact compared once, with a number or another fact (× `times`)."""

    fact: Name = Field(examples=["stock_value"])
    above: Limit | None = Field(default=None, examples=[5000])
    at_least: Limit | None = None
    below: Limit | None = None
    at_most: Limit | None = None
    equals: Limit | None = None
    times: Number | None = None


class ActionBody(_Closed):
    """Something to suggest where all its conditions hold."""

    do: Name = Field(examples=["markdown"])
    when: list[ConditionBody] = Field(default_factory=list, max_length=10)


class RuleChange(_Closed):
    """Keys of a rule to set; what is left out stays as it is."""

    rows: list[Name] | None = Field(default=None, max_length=20)
    cause: Name | None = Field(default=None, min_length=1)
    fact: Name | None = None
    comparison: Name | None = Field(default=None, description="above, at_least, below, at_most")
    levels: dict[str, Limit] | None = Field(default=None, description="Severity → limit", examples=[{"urgent": 10}])
    when: list[ConditionBody] | None = Field(default=None, max_length=10)
    actions: list[ActionBody | Name] | None = Field(default=None, max_length=10)
    words: str | None = Field(default=None, max_length=300, description="A sentence with facts in braces")
    evidence: list[Name] | None = Field(default=None, max_length=20)
    money: Name | None = None
    release: Annotated[float, Field(ge=0, le=1)] | None = None
    unless: list[Name] | None = Field(default=None, max_length=20)
    outcome: Name | None = None
    outcome_days: Annotated[float, Field(ge=0, le=3650)] | None = None
    owner: Name | None = Field(default=None, examples=["purchasing"])
    enabled: bool | None = None


class RuleBody(RuleChange):
    """A whole rule; one whose id is there already replaces it."""

    id: str = Field(max_length=60, pattern="^[a-z0-9]+(-[a-z0-9]+)*$", examples=["dear-and-slow"])
    scope: Name = Field(description="What it is about: series, supplier, location, …", examples=["series"])


class AlertRulesBody(_Closed):
    """A dataset's own rules, all of them: changes by rule, and rules to add. The keys are those of alerts.toml."""

    change: dict[str, RuleChange] = Field(default_factory=dict, max_length=MOST_RULES)
    rule: list[RuleBody] = Field(default_factory=list, max_length=MOST_RULES)
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"change": {"cover-7-days": {"enabled": True, "levels": {"urgent": 10}}}, "rule": []}]
        },
    )

    def plain(self) -> dict[str, Any]:
        """Return what was given, as TOML would have been read."""
        return self.model_dump(exclude_none=True, exclude_defaults=True)


class RuleAnswer(_Closed):
    """A rule in force. source: shipped, file (alerts.toml) or own; own rules can be changed here."""

    id: str = Field(examples=["stockout-risk"])
    source: str = Field(examples=["shipped"])
    rows: list[str] = Field(description="Rows of the rules of the trade")
    cause: str
    scope: str
    fact: str
    comparison: str
    levels: dict[str, float | str] = Field(examples=[{"watch": 0.25, "critical": 0.95}])
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


class AlertRulesAnswer(_Closed):
    """All rules of a dataset, and what of them its tenant has set (send it back changed, with If-Match)."""

    items: list[RuleAnswer]
    own: dict[str, Any] = Field(examples=[{"change": {"cover-7-days": {"enabled": True}}}])
    version: int


class NoticeRouteBody(_Closed):
    """A way to tell someone. url: an Apprise address; left out, the route of this name keeps the one it has."""

    name: str = Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]+$", examples=["planners"])
    url: str | None = Field(
        default=None, max_length=1000, examples=["mailto://user:password@example.org?to=me@example.org"]
    )
    least: Name = Field(default="warning", description="watch, warning, urgent or critical: this and worse")
    owners: list[Name] = Field(default_factory=list, max_length=20, description="Whose alerts; everybody's if empty")
    digest: bool = Field(default=False, description="One message a day, at digest_at")
    digest_at: time = time(8, 0)
    quiet_from: time | None = None
    quiet_until: time | None = None
    break_quiet: Name = "critical"
    time_zone: Name = Field(default="UTC", examples=["Europe/Berlin"])


class NoticeRoutesBody(_Closed):
    """A tenant's own routes, all of them."""

    route: list[NoticeRouteBody] = Field(default_factory=list, max_length=MOST_ROUTES)
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"route": [{"name": "planners", "url": "slack://TokenA/TokenB/TokenC", "least": "urgent"}]}]
        },
    )


class NoticeRouteAnswer(_Closed):
    """A route without its address, which may hold a secret: only of which kind it is. source: file or own."""

    name: str = Field(examples=["planners"])
    kind: str = Field(examples=["mailto"])
    source: str = Field(examples=["own"])
    least: str
    owners: list[str]
    digest: bool
    digest_at: str
    quiet_from: str | None
    quiet_until: str | None
    break_quiet: str
    time_zone: str


class NoticeRoutesAnswer(_Closed):
    """The routes in force; those of notify.toml are the operator's to change."""

    items: list[NoticeRouteAnswer]
    version: int
