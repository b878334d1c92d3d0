"""The screen of what-ifs: sliders beside the base plan, saved as scenarios, compared, promoted to a plan."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi import Form as Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from serving.access import Scope
from serving.access.gate import PAGE
from serving.context import ServiceContext
from serving.demand.contexts import context_of
from serving.demand.scenario_routes import (
    create_scenario,
    get_scenario,
    page_scenarios,
    plan_scenario,
    promote_scenario,
    remove_scenario,
)
from serving.demand.scenarios import answer_scenario
from serving.ui.forms import answer_of, as_api, new_once
from serving.ui.page import page, redirect
from serving.ui.visit import Visit, visiting
from serving.ui.what_if_chart import bars_of, cost_chart, order_rows
from serving.ui.what_if_form import SKUS_AT_ONCE, Form, WhatIfForm, deltas_of, scenario_of

__all__ = ["compare", "promote", "redraw", "remove", "router", "save", "show_what_if", "suggest_skus"]

router = APIRouter(prefix=f"{PAGE}/what-if")

Looking = Annotated[Visit, visiting(Scope.FORECAST_READ)]
Trying = Annotated[Visit, visiting(Scope.SCENARIO_WRITE)]
Name = Annotated[str, Path(max_length=32, pattern="^[0-9a-zA-Z_-]+$")]
Once = Annotated[str, Field(max_length=100)]
SUGGESTED = 30
MOST_COMPARED = 4


@router.get("")
def show_what_if(visit: Looking, form: Form) -> Response:
    """Show fields, the comparison that they make, and the scenarios that were saved."""
    context = context_of(visit.platform, visit.known.tenant, visit.dataset)
    asked = form if form.skus else form.model_copy(update={"sku": next(iter(context.rows_by_sku), "")})
    facts = {"form": asked, **_choices(context), **_answer(visit, asked), **_saved(visit)}
    return page(visit, "what_if.html", screen="what-if", said="", **facts)


@router.get("/answer")
def redraw(visit: Looking, form: Form) -> Response:
    """Answer the comparison alone; the address of the page follows the sliders."""
    answer = page(visit, "what_if_answer.html", form=form, **_answer(visit, form))
    answer.headers["HX-Replace-Url"] = f"{PAGE}/what-if?{visit.request.url.query}"
    return answer


@router.get("/skus")
def suggest_skus(visit: Looking, sku: Annotated[str, Query(max_length=2_000)] = "") -> Response:
    """Suggest SKUs that have the letters of the last one that is being typed."""
    context = context_of(visit.platform, visit.known.tenant, visit.dataset)
    before, _, typed = sku.rpartition(",")
    letters = typed.strip().casefold()
    found = [name for name in context.rows_by_sku if letters in name.casefold()][:SUGGESTED]
    whole = [f"{before}, {name}" if before else name for name in found]
    return page(visit, "what_if_skus.html", skus=whole)


@router.post("/scenarios")
async def save(visit: Trying, form: Form, once: Once, name: Annotated[str, Field(max_length=200)]) -> Response:
    """Save what is set as a scenario of the API."""
    body = scenario_of(form, visit.dataset, name.strip())
    made = await run_in_threadpool(create_scenario, as_api(visit.request, once), visit.known, body)
    said = visit.words("Saved as “{name}”.", name=answer_of(made)["name"])
    return page(visit, "what_if_saved.html", said=said, **_saved(visit))


@router.get("/compare")
def compare(visit: Looking, scenario: Annotated[list[str], Query(max_length=50)] = []) -> Response:  # noqa: B006
    """Show saved scenarios side by side, each against its own base plan as it was then."""
    wanted = list(dict.fromkeys(scenario))[:MOST_COMPARED]
    items = [answer_of(get_scenario(visit.request, visit.known, name[:32])) for name in wanted]
    return page(visit, "what_if_compare.html", items=items, most=MOST_COMPARED)


@router.post("/scenarios/{scenario_id}/promote")
def promote(visit: Trying, scenario_id: Name, once: Once) -> Response:
    """Plan under a scenario and store the plan: its orders become proposals, which are shown."""
    promote_scenario(as_api(visit.request, once), visit.known, scenario_id)
    return redirect(visit, f"{PAGE}/proposals")


@router.post("/scenarios/{scenario_id}/remove")
def remove(visit: Trying, scenario_id: Name, once: Once) -> Response:
    """Forget a scenario."""
    remove_scenario(as_api(visit.request, once), visit.known, scenario_id)
    return page(visit, "what_if_saved.html", said=visit.words("The scenario is forgotten."), **_saved(visit))


def _choices(context: ServiceContext) -> dict[str, Any]:
    """Return the suppliers and modes that the dataset buys by."""
    ways = context.holdings.buying.ways
    table = context.holdings.terms if ways is None else ways
    found = {
        name: sorted(item for item in set(table[name].dropna().astype(str)) if item) for name in ("supplier", "mode")
    }
    return {"suppliers": found["supplier"], "modes": found["mode"], "currency": context.dataset.config.currency}


def _answer(visit: Visit, form: WhatIfForm) -> dict[str, Any]:
    """Return what a scenario of these fields would answer, with what its drawings need; nothing is stored."""
    body = scenario_of(form, visit.dataset, "what if")
    context, base, plan, assumed = plan_scenario(visit.platform, visit.known, body)
    answer = answer_scenario(context, base, plan, assumed)
    rows = order_rows(base, plan) if len(base.lines) <= SKUS_AT_ONCE else None
    more = {"bars": bars_of(answer["difference"]["cost_parts"]), "chart": cost_chart(base, plan), "rows": rows}
    return {"answer": answer, "changed": bool(deltas_of(form)), **more}


def _saved(visit: Visit) -> dict[str, Any]:
    told = answer_of(page_scenarios(visit.request, visit.known, visit.dataset, 50, None))
    return {"saved": told["items"], "may_save": visit.known.may(Scope.SCENARIO_WRITE), "once": new_once}
