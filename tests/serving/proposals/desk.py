"""A planner's desk for tests: an application, a clock that is moved by hand, and plans stored without a model."""

import itertools
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.database import Database
from serving.access import LOCAL, Caller, Scope
from serving.proposals.commitments import Commitment
from serving.proposals.recosting import StoredCurve
from serving.proposals.run_store import StoredRun, committed, store_plan
from serving.proposals.suggestion import PlanRun, Suggestion
from tests.services import Clock, client_of, make_platform

AS_OF = date(2024, 7, 29)
OTHER = Caller("other", "stranger", frozenset(Scope))


def curve(best: int = 24, pack: int = 6, **terms: Any) -> StoredCurve:
    """A cost curve with its least cost at `best`: 1 a unit above it, 5 a unit below."""
    quantities = tuple(range(0, best * 2 + 1, pack))
    return StoredCurve(
        quantities=quantities,
        costs=tuple(
            100.0 + (quantity - best if quantity > best else 5.0 * (best - quantity)) for quantity in quantities
        ),
        shortages=tuple(round(max(1.0 - quantity / (best + pack), 0.0), 6) for quantity in quantities),
        **{"pack": pack, "invoiced": ((1.0, None, 2.5, 0.0),), "landed": ((1.0, None, 3.0, 0.0),), **terms},
    )


def suggestion(sku: str, quantity: int = 24, supplier: str = "Acme", mode: str = "sea", **terms: Any) -> Suggestion:
    """What a plan says of one SKU."""
    known = curve(quantity or 24, **terms)
    cost, shortage, _ = known.at(quantity)
    planned = {"quantity": quantity, "reason": f"Order {quantity}: a test.", "binding": None, "explanation": None}
    return Suggestion(
        sku=sku,
        location="main",
        supplier=supplier,
        mode=mode,
        action="buy" if quantity else "hold",
        quantity=quantity,
        case_pack=known.pack,
        unit_cost=known.unit_cost(quantity),
        order_by=AS_OF,
        arrive_on=AS_OF + timedelta(days=20),
        expected_cost=Decimal(f"{cost:.4f}"),
        stockout_probability=shortage,
        spend=known.spend(quantity),
        volume=quantity * known.volume,
        planned=planned,
        curve=known,
    )


def plan_run(day: int = 0, commitments: Sequence[Commitment] = (), budget: str | None = None, **facts: Any) -> PlanRun:
    """A run made `day` days after the first one."""
    as_of = AS_OF + timedelta(days=day)
    summary = {"expected_cost": "1.00", "budget": budget, "volume_room": None}
    known = {"dataset": "default", "model_name": "m", "model_version": "1", "config_hash": "c", "seed": 1, **facts}
    return PlanRun(
        as_of=as_of,
        last_observed=as_of - timedelta(days=1),
        stale=False,
        options={},
        currency="EUR",
        summary=summary,
        commitments=tuple(commitments),
        **known,
    )


class Desk:
    """An application on a database of its own, and the requests of a planner and an ERP."""

    def __init__(self, home: Path, database: Database | None = None, context: Any = None) -> None:
        self.clock = Clock()
        self.platform = make_platform(home, database, context, self.clock)
        self.client = client_of(self.platform)
        self.keys = itertools.count(1)

    def store(self, *suggestions: Suggestion, day: int = 0, caller: Caller = LOCAL, **facts: Any) -> StoredRun:
        """Plan and store, as a job does: commitments first, the plan, then the store."""
        with self.platform.database.reading() as connection:
            known = committed(connection, caller.tenant, facts.get("dataset", "default"))
        return self.put(plan_run(day, known, **facts), *suggestions, caller=caller)

    def put(self, run: PlanRun, *suggestions: Suggestion, caller: Caller = LOCAL) -> StoredRun:
        """Store a run as it is."""
        with self.platform.database.transaction() as connection:
            return store_plan(connection, caller, run, suggestions, self.clock())

    def send(self, method: str, path: str, body: Any = None, version: int | None = None, key: str | None = None) -> Any:
        """Send a changing request with a key of its own, and If-Match where a version is given."""
        headers = {"Idempotency-Key": key or f"key-{next(self.keys)}"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self.client.request(method, f"/v1{path}", json=body, headers=headers)

    def post(self, path: str, body: Any = None, version: int | None = None, key: str | None = None) -> Any:
        """POST, with an empty body unless one is given."""
        return self.send("POST", path, {} if body is None else body, version, key)

    def get(self, path: str, **query: Any) -> Any:
        """GET and return the answer's body."""
        answer = self.client.get(f"/v1{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def proposals(self, **query: Any) -> dict[str, Any]:
        """Return the first page's proposals by SKU, of several the one that is not superseded."""
        items = self.get("/proposals", limit=500, **query)["items"]
        return {item["sku"]: item for item in sorted(items, key=lambda item: item["state"] != "superseded")}

    def approve(self, *skus: str) -> list[str]:
        """Approve the drafts of some SKUs; return their names."""
        found = self.proposals()
        items = [{"proposal_id": found[sku]["proposal_id"], "version": found[sku]["version"]} for sku in skus]
        assert self.post("/proposals/approve", {"items": items, "atomic": True}).status_code == 200
        return [item["proposal_id"] for item in items]

    def draft(self, **body: Any) -> list[Any]:
        """Make drafts of what is approved; return them."""
        answer = self.post("/purchase-order-drafts", body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()["items"]

    def move(self, draft: Any, event: str, **body: Any) -> Any:
        """Export, confirm, close or cancel a draft as it was read."""
        answer = self.post(f"/purchase-order-drafts/{draft['draft_id']}/{event}", body, draft["version"])
        assert answer.status_code == 200, answer.text
        return answer.json()
