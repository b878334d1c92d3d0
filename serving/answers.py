"""What the API answers: response bodies of /v1, for its documentation and for the tests that hold it to
them."""

from datetime import date, datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from serving.demand.bucket_schemas import BucketForecast

__all__ = [
    "ChampionAnswer",
    "Data",
    "Difference",
    "Driver",
    "Drivers",
    "FieldError",
    "ForecastAnswer",
    "LimitUse",
    "Model",
    "Period",
    "PlanAnswer",
    "PlanSummary",
    "Problem",
    "Product",
    "ProductsAnswer",
    "Proposal",
    "QuantityChange",
    "SeriesForecast",
    "TracePeriod",
    "Training",
    "WholeOrder",
]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Model(_Answer):
    """Which model answered; version is null where a baseline stands in."""

    name: str = Field(examples=["fillrate-my-shop-1a2b3c4d"])
    version: str | None = Field(examples=["3"])
    as_of: date | None = Field(description="End of the history it learned from", examples=["2024-04-15"])


class Data(_Answer):
    """How fresh the data are."""

    as_of: date = Field(description="First day not observed", examples=["2024-04-15"])
    last_observed: date = Field(description="First day of the newest period with sales", examples=["2024-04-08"])
    stale: bool = Field(description="The newest sales end more than two periods before as_of")


class Period(_Answer):
    """Demand of one period: expected units and quantiles."""

    date: date
    mean: float
    quantiles: dict[str, float] = Field(examples=[{"q0.05": 0.0, "q0.5": 3.0, "q0.95": 9.0}])


class TracePeriod(_Answer):
    """One period whose mean a planner changed: the model's, after history adjustments, and the one that counts."""

    date: date
    statistical: float
    adjusted: float
    final: float
    overrides: list[str] = Field(description="Names of the overrides of this series that hold in this period or before")


class Driver(_Answer):
    """What one block of features adds to the forecast over the horizon."""

    block: str
    units: float
    because: str


class Drivers(_Answer):
    """Why the forecast is what it is, over all periods asked for: usual + the parts = mean, in units."""

    usual: float = Field(description="What an item of this size sells where nothing else is known")
    parts: list[Driver]
    mean: float


class SeriesForecast(_Answer):
    """Forecast of one SKU at one location."""

    sku: str
    location: str
    status: str = Field(description="ok, stale, or insufficient_data where a baseline stands in", examples=["ok"])
    fallback_reason: str | None
    made_by: str = Field(description="The model, `analogues` for a young series, or a baseline")
    periods: list[Period]
    buckets: list[BucketForecast] | None = Field(None, description="Where they were asked for")
    override_trace: list[TracePeriod] | None = Field(description="null where no override holds")
    drivers: Drivers | None = Field(description="With explain, where the model can be taken apart")


class Training(_Answer):
    """What the model learned from: the first day of history, and the first day that it has not seen."""

    start: date | None
    end: date | None


class ForecastAnswer(_Answer):
    """Forecasts in the order asked for."""

    model: Model
    data: Data
    frequency: str = Field(examples=["D"])
    unit: str = Field(description="UN/ECE Recommendation 20; C62 = one sellable unit", examples=["C62"])
    horizon: int
    levels: list[float]
    dataset: str
    dataset_version: int = Field(description="0: a folder of the user's own")
    training: Training
    metrics: dict[str, float] = Field(description="How the model did on periods that it had not seen, when trained")
    seed: int = Field(description="The same seed, data and model give the same answer, byte for byte")
    forecast_id: str | None = Field(description="With store: the name under which the answer is kept")
    issued_at: datetime | None = Field(description="With store: when it was given out")
    series: list[SeriesForecast]


class Proposal(_Answer):
    """An order to place now, or, with quantity 0, why none is."""

    proposal_id: str
    sku: str
    location: str
    supplier: str
    mode: str
    quantity: int
    order_by: date
    arrive_on: date
    unit_cost: Decimal | None
    order_cost: Decimal
    expected_cost: Decimal
    stockout_probability: float
    on_hand: float
    inbound: float
    reason: str
    assumed: str = Field(description="Terms that were assumed because the dataset is silent")


class LimitUse(_Answer):
    """A limit of several review periods, by period."""

    name: str
    used: float
    capacity: float
    shadow_price: float = Field(description="What one more unit of the capacity would save; 0: it does not bind")


class WholeOrder(_Answer):
    """What one supplier ships at once under terms of its own."""

    name: str
    units: int
    value: Decimal
    freight_fee: Decimal
    containers: int
    container_cost: Decimal
    container_fill: float = Field(description="Share of the containers' room that is used")


class PlanSummary(_Answer):
    """What a plan costs and how good it is proven to be."""

    status: str
    solver: str
    gap: float
    expected_cost: Decimal
    cost_without_orders: Decimal
    spend: Decimal
    budget: Decimal | None
    series: int
    ordered: int
    unit_costs_unknown: int = Field(
        description="Orders whose unit cost is unknown: spend takes half the price, or 1 a unit without a price"
    )
    units: int
    limits: list[LimitUse] = Field(description="Limits of dataset.toml's [[planning.limits]], by period")
    whole_orders: list[WholeOrder] = Field(description="Orders under dataset.toml's [[planning.orders]]")


class QuantityChange(_Answer):
    """An order whose quantity differs from the base plan's."""

    sku: str
    location: str
    base_quantity: int
    quantity: int


class Difference(_Answer):
    """The what-if minus the base plan."""

    expected_cost: Decimal
    spend: Decimal
    units: int
    ordered: int
    changes: list[QuantityChange]


class PlanAnswer(_Answer):
    """Proposals under the what-if, beside the base plan; nothing is stored."""

    model: Model
    data: Data
    currency: str
    unit: str
    what_if: dict[str, float]
    summary: PlanSummary
    base: PlanSummary
    difference: Difference
    proposals: list[Proposal]


class Product(_Answer):
    """A SKU of the dataset and where it is sold."""

    sku: str
    name: str | None
    category: str | None
    brand: str | None
    unit_cost: Decimal | None
    price: Decimal | None
    locations: list[str]


class ProductsAnswer(_Answer):
    """A page of products by SKU; `next_cursor` is null on the last page."""

    items: list[Product]
    next_cursor: str | None


class ChampionAnswer(_Answer):
    """The model in use."""

    name: str
    version: str | None
    run_id: str | None
    run_name: str | None
    as_of: date | None
    horizon: int = Field(description="Periods that forecasts can be asked for", examples=[28])
    series: int = Field(description="Series (SKU × location) that it forecasts", examples=[271])
    data: Data


class FieldError(_Answer):
    """One broken rule: where (JSON pointer in the body, query parameter, or row and column of an upload), its code, and
    in words."""

    pointer: str | None = Field(None, examples=["#/levels/0"])
    row: int | None = Field(None, examples=[17])
    column: str | None = Field(None, examples=["units"])
    parameter: str | None = None
    code: str
    message: str


class Problem(_Answer):
    """RFC 9457 problem document."""

    type: str = Field(examples=["urn:fillrate:problem:sku.unknown"])
    title: str
    status: int
    detail: str
    instance: str
    code: str = Field(examples=["sku.unknown"])
    trace_id: str
    errors: list[FieldError]
