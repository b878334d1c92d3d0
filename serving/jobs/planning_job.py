"""The kind `plan`: from the tables of a dataset to stored proposals, and the orders as files of the tenant."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from serving.access import Caller, Scope
from serving.jobs.forecast_job import chosen_rows, facts_of
from serving.jobs.job_results import FORMATS, job_folder, write_result
from serving.jobs.kinds import JobKind
from serving.jobs.loading import asked_dataset, context_of
from serving.jobs.run import JobRun
from serving.proposals.identity import proposal_id
from serving.proposals.planning import make_plan_run
from serving.proposals.run_store import store_plan

if TYPE_CHECKING:
    import pandas as pd

    from serving.proposals.suggestion import PlanRun, Suggestion

__all__ = ["PLAN"]


def _plan(run: JobRun) -> Mapping[str, Any]:
    made: dict[str, Any] = run.step("plan", lambda: _make(run))
    return made


def _make(run: JobRun) -> dict[str, Any]:
    """Plan, store, write the files: where a process dies in it, it is done again, and the same plan is stored once."""
    told: list[str] = []
    run.progress("loading data and model", 0.1)
    asked = asked_dataset(run)
    context = context_of(run, asked, told.append)
    rows = chosen_rows(run, context)
    changes = dict(run.request.get("what_if") or {})
    skus = run.request.get("skus")
    options = {"skus": sorted(set(skus)) if skus else None, "what_if": changes}
    run.progress(f"planning {len(rows):,} series", 0.4)
    plan, suggestions = make_plan_run(run.database, run.job.tenant, context, asked.name, rows, changes, options)
    run.progress("storing the proposals", 0.8)
    stored = _store(run, plan, suggestions)
    folder = job_folder(run.platform.settings, run.job.tenant, run.job.id)
    orders = _orders(run.job.tenant, plan, suggestions)
    written = write_result(folder, "plan", orders, list(run.request.get("formats") or FORMATS))
    totals = {name: plan.summary[name] for name in ("status", "series", "ordered", "expected_cost", "spend")}
    facts = facts_of(asked, context, told)
    return {**facts, **totals, "currency": plan.currency, **stored, "tables": [written]}


def _store(run: JobRun, plan: "PlanRun", suggestions: Sequence["Suggestion"]) -> dict[str, Any]:
    caller = Caller(run.job.tenant, run.job.actor, frozenset(), f"job {run.job.id}")

    with run.database.transaction() as connection:
        stored = store_plan(connection, caller, plan, suggestions, run.clock())
    return {"plan_run": f"/v1/plan-runs/{stored.run_id}", "proposals": stored.counts()}


def _orders(tenant: str, plan: "PlanRun", suggestions: Sequence["Suggestion"]) -> "pd.DataFrame":
    """Return the plan table: the orders to place now, one a row."""
    import pandas as pd

    names = ("sku", "location", "supplier", "mode", "quantity", "order_by", "arrive_on", "unit_cost")
    rows = [
        {
            "proposal_id": proposal_id(
                tenant, plan.dataset, plan.as_of, item.sku, item.location, item.supplier, item.mode
            ),
            **{name: getattr(item, name) for name in names},
            "order_cost": item.planned["order_cost"],
            "expected_cost": item.planned["expected_cost"],
            "reason": item.planned["reason"],
        }
        for item in suggestions
        if item.quantity > 0
    ]
    columns = ["proposal_id", *names, "order_cost", "expected_cost", "reason"]
    return pd.DataFrame(rows, columns=columns).astype(
        dict.fromkeys(("order_by", "arrive_on"), "datetime64[s]") | {"unit_cost": float, "order_cost": float}
    )


PLAN = JobKind("plan", Scope.DATA_WRITE, _plan)
"""Asked for by POST /v1/jobs/plan."""
