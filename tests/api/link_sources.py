"""How each operation whose answers lead on comes to the answer that a link is of, where seeds lie."""

from collections.abc import Callable, Mapping
from typing import Any

from httpx import Response

from tests.api.visitor import Visitor

__all__ = ["BODIES", "Source", "source_of"]

Source = Callable[[Visitor], Response]

SALES = [{"sku": "SKU-04", "date": "2024-07-29", "units": 3}]
HALF_BAD = [*SALES, {"sku": "SKU-05", "date": "never", "units": 3}]
FEES = b"charged_date\tstorage_type\tcharged_fee_amount\n2024-07-01\tSmall\t1.5\n"
HALF_BAD_FEES = FEES + b"2024-07-01\tSmall\tmuch\n"
TABLE = {"dataset": "default", "table": "sales"}
IN_PART = {"policy": "best-effort"}
LOOK = {"mode": "validate"}
ASYNC = {"Prefer": "respond-async"}
OVERRIDE = {"kind": "replace", "sku": "SKU-04", "start": "2024-08-05", "end": "2024-08-06", "value": "9"}

BODIES: Mapping[str, Any] = {
    "acceptChannelOrder": {"order_id": "o-1", "lines": [{"sku": "SKU-ACME-ONLY", "units": 1}]},
    "cancelPurchaseOrderDraft": {"reason": "too late"},
    "confirmPurchaseOrderDraft": {"order_number": "4500012345"},
    "createAmazonFeedJob": {"channel": "acme-amazon"},
    "createAmazonReportJob": {"report_type": "GET_LEDGER_DETAIL_VIEW_DATA", "days": 7},
    "createBacktestJob": {"origins": 1},
    "createChannel": {"channel": "shop", "kind": "file", "location": "main"},
    "createForecast": {"skus": ["SKU-04"]},
    "createOverride": {**OVERRIDE, "reason": "leaflet"},
    "createReconciliationJob": {"channel": "acme-shop"},
    "createScenario": {"name": "later", "skus": ["SKU-04"], "deltas": [{"kind": "lead_time", "add_days": 7}]},
    "createSchedule": {"name": "nightly", "kind": "plan", "cron": "0 2 * * *"},
    "createWebhook": {"url": "http://1.1.1.1/hook"},
    "createPlanRun": {"skus": ["SKU-04"]},
    "decideActionDraft": {"decision": "approve"},
    "editProposal": {"quantity": 12, "reason": "half of it"},
    "exportPurchaseOrderDraft": {"format": "csv"},
    "patchOverride": {"value": "10"},
    "patchWebhook": {"enabled": False},
    "putDataset": {"currency": "EUR"},
    "putListings": {"listings": [{"sku": "SKU-ACME-ONLY", "external_id": "L-4"}]},
    "reconcileChannel": {"shown": {"ACME-ONLY": 2}},
    "rejectProposal": {"reason": "not now"},
    "setPause": {"paused": True, "reason": "stocktaking"},
    "snoozeAlert": {"until": "2024-08-20", "note": "called"},
    "snoozeProposal": {"until": "2024-08-20", "reason": "later"},
}
"""What an operation is asked with, by its id; an empty object where it takes one and none stands here."""


def source_of(operation: str, status: str, target: str) -> Source:
    """Return how to come to the answer of `operation` with `status` from which the link to `target` is followed."""
    for name in (f"{operation} {status} {target}", f"{operation} {status}"):
        if name in SOURCES:
            return SOURCES[name]
    return lambda visitor: visitor.ask(operation)


def _ask(operation: str, named: Mapping[str, str] | None = None, **more: Any) -> Source:
    return lambda visitor: visitor.ask(operation, named, **more)


def _seeded(operation: str, *names: str, **more: Any) -> Source:
    """Return a source that asks about what a seed made."""
    return lambda visitor: visitor.ask(operation, {name: visitor.places[name] for name in names}, **more)


def _after(first: Source, second: Source) -> Source:
    def asked(visitor: Visitor) -> Response:
        assert first(visitor).is_success
        return second(visitor)

    return asked


def _about(first: Source, operation: str, *names: str) -> Source:
    """Return a source that asks about what an answer names, at the version that it has."""

    def asked(visitor: Visitor) -> Response:
        before = first(visitor)
        headers = {"If-Match": before.headers["ETag"]} if "ETag" in before.headers else None
        facts = before.json()
        facts = facts["items"][0] if "items" in facts else facts
        return visitor.ask(operation, {name: facts[name.removeprefix("channel_")] for name in names}, headers=headers)

    return asked


def _report(content: bytes, **more: Any) -> Source:
    query = {"kind": "overage-fees", **more.pop("query", {})}
    return _ask("createImport", content=content, query=query, **more)


PROPOSAL = _seeded("getProposal", "proposal_id")
APPROVED = _about(PROPOSAL, "approveProposal", "proposal_id")
NEW_DRAFT = _after(APPROVED, _ask("createPurchaseOrderDrafts"))
READ_DRAFT = _about(NEW_DRAFT, "getPurchaseOrderDraft", "draft_id")
MADE_OVERRIDE = _ask("createOverride")
EVALUATED = _after(_ask("evaluateAlerts"), _ask("listAlerts"))

SOURCES: Mapping[str, Source] = {
    "acceptChannelOrder 201": _seeded("acceptChannelOrder", "channel"),
    "approveProposal 200": APPROVED,
    "createAmazonFeedJob 202": _after(
        _ask("createChannel", body={"channel": "acme-amazon", "kind": "amazon", "location": "main"}),
        _ask("createAmazonFeedJob"),
    ),
    "createForecast 201": _ask(
        "createForecast", body={"skus": ["SKU-04"], "store": True}, headers={"Idempotency-Key": "f"}
    ),
    "createForecast 202": _ask("createForecast", headers=ASYNC | {"Idempotency-Key": "f"}),
    "createImport 200": _report(FEES, query=LOOK),
    "createImport 200 getImportTable": _after(_report(FEES), _report(FEES)),
    "createImport 201": _report(FEES),
    "createImport 202": _report(FEES, headers=ASYNC),
    "createImport 207": _report(HALF_BAD_FEES, query=IN_PART),
    "createPlanRun 200": _after(_ask("createPlanRun"), _ask("createPlanRun")),
    "createPlanRun 202": _ask("createPlanRun", headers=ASYNC),
    "createPurchaseOrderDrafts 201": NEW_DRAFT,
    "draftAlertAction 201": _about(EVALUATED, "draftAlertAction", "alert_id"),
    "editProposal 200": _about(PROPOSAL, "editProposal", "proposal_id"),
    "exportPurchaseOrderDraft 200": _about(READ_DRAFT, "exportPurchaseOrderDraft", "draft_id"),
    "getAlert 200": _about(EVALUATED, "getAlert", "alert_id"),
    "getChannelHealth 200": _seeded("getChannelHealth", "channel"),
    "getJob 200": _seeded("getJob", "job_id"),
    "getJobResult 200": _seeded("getJobResult", "job_id"),
    "getOverride 200": _about(MADE_OVERRIDE, "getOverride", "override_id"),
    "getProposal 200": PROPOSAL,
    "getProposal 200 reopenProposal": _after(APPROVED, PROPOSAL),
    "getPurchaseOrderDraft 200": READ_DRAFT,
    "getPurchaseOrderDraft 200 confirmPurchaseOrderDraft": _seeded("getPurchaseOrderDraft", "draft_id"),
    "getPurchaseOrderDraft 200 closePurchaseOrderDraft": _seeded("getPurchaseOrderDraft", "draft_id"),
    "getWebhook 200": _seeded("getWebhook", "endpoint_id"),
    "listAlerts 200": EVALUATED,
    "listIssuedForecasts 200": _ask("listIssuedForecasts", query={"dataset": "acme-shop"}),
    "listReconciliations 200": _seeded("listReconciliations", "channel"),
    "listWebhookDeliveries 200": _seeded("listWebhookDeliveries", "endpoint_id"),
    "promoteModel 202": _ask("promoteModel", {"version": "1"}),
    "promoteScenario 201": _about(_ask("createScenario"), "promoteScenario", "scenario_id"),
    "putListings 200": _seeded("putListings", "channel"),
    "putDataset 200": _ask("putDataset", {"dataset": "default"}),
    "reconcileChannel 201": _seeded("reconcileChannel", "channel"),
    "uploadTable 200": _ask("uploadTable", TABLE, body=SALES, query=LOOK),
    "uploadTable 201": _ask("uploadTable", TABLE, body=SALES),
    "uploadTable 202": _ask("uploadTable", TABLE, body=SALES, headers=ASYNC),
    "uploadTable 207": _ask("uploadTable", TABLE, body=HALF_BAD, query=IN_PART),
}
"""By operation and status, and by target too where the target needs another state than its neighbours do."""
