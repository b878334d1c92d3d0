"""The fields and sliders of the screen of what-ifs, and the deltas of a scenario that they stand for."""

from datetime import date
from typing import Annotated, Any

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from serving.demand.scenario_schemas import ScenarioRequest
from serving.ui.forms import body_of

__all__ = ["SKUS_AT_ONCE", "Form", "WhatIfForm", "deltas_of", "form_of", "scenario_of"]

SKUS_AT_ONCE = 20
"""SKUs up to which a redraw shows each one's order."""
PER_CENT = 100.0


class WhatIfForm(BaseModel):
    """What the visitor has set; 0, 100 % and empty change nothing. All but days and money is in per cent of now."""

    model_config = ConfigDict(extra="ignore")

    sku: str = Field(default="", max_length=2_000)
    demand: float = Field(default=0, ge=-90, le=300, allow_inf_nan=False)
    price: float = Field(default=0, ge=-50, le=100, allow_inf_nan=False)
    discount: float = Field(default=0, ge=0, le=90, allow_inf_nan=False)
    promotion_start: date | None = None
    promotion_end: date | None = None
    lead_time: float = Field(default=0, ge=-365, le=365, allow_inf_nan=False)
    service: float | None = Field(default=None, gt=0, lt=100, allow_inf_nan=False)
    holding: float = Field(default=100, ge=0, le=1_000, allow_inf_nan=False)
    shortage: float = Field(default=100, ge=0, le=1_000, allow_inf_nan=False)
    budget: float | None = Field(default=None, ge=0, le=1_000_000_000_000, allow_inf_nan=False)
    mode: str = Field(default="", max_length=200)
    supplier: str = Field(default="", max_length=200)
    out_until: date | None = None

    @property
    def skus(self) -> list[str]:
        """The SKUs that are asked about; none: all."""
        return list(dict.fromkeys(part.strip() for part in self.sku.split(",") if part.strip()))


async def form_of(request: Request) -> WhatIfForm:
    """Return the fields of an address or a form; an empty field is none. Raises ApiProblem `request.invalid`."""
    sent: Any = request.query_params if request.method in ("GET", "HEAD") else await request.form()
    given = {name: value for name, value in sent.items() if isinstance(value, str) and value.strip()}
    return body_of(WhatIfForm, **given)


Form = Annotated[WhatIfForm, Depends(form_of)]


def deltas_of(form: WhatIfForm) -> list[dict[str, Any]]:
    """Return the deltas, in the order of the fields."""
    found: list[tuple[bool, dict[str, Any]]] = [
        (form.demand != 0, {"kind": "demand", "factor": 1 + form.demand / PER_CENT}),
        (form.price != 0, {"kind": "price", "factor": 1 + form.price / PER_CENT}),
        (form.discount != 0, _promotion(form)),
        (form.lead_time != 0, {"kind": "lead_time", "add_days": form.lead_time}),
        (form.service is not None, {"kind": "service_level", "level": (form.service or 0) / PER_CENT}),
        (
            form.holding != PER_CENT or form.shortage != PER_CENT,
            {
                "kind": "costs",
                "holding_cost": form.holding / PER_CENT,
                "stockout_cost": form.shortage / PER_CENT,
            },
        ),
        (form.budget is not None, {"kind": "budget", "amount": form.budget}),
        (bool(form.mode), {"kind": "freight_mode", "mode": form.mode}),
        (bool(form.supplier), {"kind": "supplier_lost", "supplier": form.supplier}),
        (form.out_until is not None, {"kind": "stockout_until", "date": form.out_until}),
    ]
    return [delta for is_set, delta in found if is_set]


def _promotion(form: WhatIfForm) -> dict[str, Any]:
    days = {"start": form.promotion_start, "end": form.promotion_end}
    return {"kind": "promotion", "discount": form.discount / PER_CENT, **days}


def scenario_of(form: WhatIfForm, dataset: str, name: str) -> ScenarioRequest:
    """Return the scenario as the API takes it; where nothing is set demand stays as it is. Raises ApiProblem."""
    deltas = deltas_of(form) or [{"kind": "demand", "factor": 1.0}]
    return body_of(ScenarioRequest, name=name, dataset=dataset, skus=form.skus or None, deltas=deltas)
