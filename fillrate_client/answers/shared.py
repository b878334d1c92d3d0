"""What requests and answers of shared look like; written by tests/contract/client_types.py."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

__all__ = [
    "BucketKind",
    "BucketsRequest",
    "Data",
    "FieldError",
    "JobAnswer",
    "JobError",
    "JobLinks",
    "JobState",
    "LimitUse",
    "Mode",
    "Model",
    "PlanRunAnswer",
    "PlanSummary",
    "Policy",
    "Problem",
    "ProgressAnswer",
    "RunModel",
    "WhatIf",
    "WholeOrder",
]


BucketKind = Literal["week", "month", "4-4-5", "4-5-4", "5-4-4"]
"""What a bucket is; the last three say how many weeks each period of a quarter has."""


class BucketsRequest(TypedDict):
    """The calendar to sum up by."""

    by: BucketKind
    week_start: NotRequired[Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]]
    year_start: NotRequired[str]


class Data(TypedDict):
    """How fresh the data are."""

    as_of: str
    last_observed: str
    stale: bool


class FieldError(TypedDict):
    """One broken rule: where (JSON pointer in the body, query parameter, or row and column of an …"""

    pointer: NotRequired[str | None]
    row: NotRequired[int | None]
    column: NotRequired[str | None]
    parameter: NotRequired[str | None]
    code: str
    message: str


class JobAnswer(TypedDict):
    """One job."""

    id: str
    kind: str
    state: JobState
    progress: ProgressAnswer
    request: dict[str, Any]
    natural_key: str | None
    cancel_asked: bool
    refused_items: int
    error: JobError | None
    created_at: str
    started_at: str | None
    ended_at: str | None
    expires_at: str | None
    links: JobLinks


class JobError(TypedDict):
    """Why a job failed: a code of ours, a sentence, and each broken rule of the data."""

    code: str
    message: str
    errors: NotRequired[list[dict[str, str]]]


class JobLinks(TypedDict):
    """Where to go from here; null where there is nothing."""

    self: str
    result: NotRequired[str | None]
    errors: NotRequired[str | None]


JobState = Literal["queued", "running", "succeeded", "partially_succeeded", "failed", "cancelled"]
"""Where a job stands: it waits, it runs, or it has ended in one of four ways."""


class LimitUse(TypedDict):
    """A limit of several review periods, by period."""

    name: str
    used: float
    capacity: float
    shadow_price: float


Mode = Literal["write", "validate"]
"""Whether an upload is to take effect."""


class Model(TypedDict):
    """Which model answered; version is null where a baseline stands in."""

    name: str
    version: str | None
    as_of: str | None


class PlanRunAnswer(TypedDict):
    """A stored plan. It never changes; its proposals do."""

    run_id: str
    dataset: str
    data: Data
    model: RunModel
    config_hash: str
    seed: int
    options: dict[str, Any]
    currency: str
    summary: dict[str, Any]
    withheld: list[dict[str, str]]
    created_at: str
    created_by: str
    result: NotRequired[dict[str, int] | None]


class PlanSummary(TypedDict):
    """What a plan costs and how good it is proven to be."""

    status: str
    solver: str
    gap: float
    expected_cost: str
    cost_without_orders: str
    spend: str
    budget: str | None
    series: int
    ordered: int
    unit_costs_unknown: int
    units: int
    limits: list[LimitUse]
    whole_orders: list[WholeOrder]


Policy = Literal["atomic", "best-effort"]
"""What becomes of the good rows of an upload that has bad ones."""


class Problem(TypedDict):
    """RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    trace_id: str
    errors: list[FieldError]


class ProgressAnswer(TypedDict):
    """How far a job is."""

    words: str
    share: float


class RunModel(TypedDict):
    """The model that the plan stands on; version is null where a baseline stood in."""

    name: str
    version: str | None


class WhatIf(TypedDict):
    """Changes to the base plan; what is not named stays as it is."""

    demand_multiplier: NotRequired[float | None]
    lead_time_days: NotRequired[float | None]
    lead_time_sd_days: NotRequired[float | None]
    review_period_days: NotRequired[int | None]
    budget: NotRequired[float | str | None]
    cycle_service_level: NotRequired[float | None]
    holding_cost: NotRequired[float | str | None]
    stockout_cost: NotRequired[float | str | None]
    order_cost: NotRequired[float | str | None]
    minimum_order_quantity: NotRequired[int | None]
    case_pack: NotRequired[int | None]


class WholeOrder(TypedDict):
    """What one supplier ships at once under terms of its own."""

    name: str
    units: int
    value: str
    freight_fee: str
    containers: int
    container_cost: str
    container_fill: float
