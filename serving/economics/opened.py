"""What the routes of money stand on: the caller's dataset as of its day, its books opened once and kept."""

import threading
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import pandas as pd
from starlette.requests import Request

from core.errors import UsageError
from inventory.dataset import Dataset
from serving.access import Caller
from serving.context import ServiceContext
from serving.demand.contexts import context_of
from serving.money import Books, FeeOptions, open_books
from serving.platform import platform_of
from serving.proposals.run_store import find_run

__all__ = ["Opened", "Question", "dataset_of", "opened_books"]

_KEPT: "WeakKeyDictionary[ServiceContext, dict[Question, Opened]]" = WeakKeyDictionary()
_WORKING = threading.Lock()
MOST_KEPT = 8


@dataclass(frozen=True, slots=True)
class Question:
    """What books are asked about: days ahead, whose rates count, whether demand is the forecast, a plan's orders."""

    days: int
    rates_year: int | None
    by_forecast: bool
    plan_run: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """Books, and what was remarked while they were opened."""

    books: Books
    remarks: tuple[str, ...]


def dataset_of(request: Request, caller: Caller, name: str) -> ServiceContext:
    """Return what answers for the caller's dataset; raises ApiProblem `dataset.unknown` or `service.not_ready`."""
    return context_of(platform_of(request), caller.tenant, name)


def opened_books(request: Request, caller: Caller, name: str, question: Question) -> Opened:
    """Return the books of the caller's dataset, opened once for each question; one opening at a time.

    Raises FeeUnknownError where a day has no rates, UnknownResourceError for a plan run that is not the tenant's, and
    UsageError for one of another dataset.
    """
    context = dataset_of(request, caller, name)
    dataset = _with_plan(request, caller, name, context.dataset, question.plan_run)
    with _WORKING:
        kept = _KEPT.setdefault(context, {})
        if question not in kept:
            told: list[str] = []
            demand = _forecast(context, question.days) if question.by_forecast else None
            options = FeeOptions(days=question.days, forecast=demand, year=question.rates_year)
            books = open_books(dataset, context.freshness.as_of, options, told.append)
            if len(kept) >= MOST_KEPT:
                kept.pop(next(iter(kept)))
            kept[question] = Opened(books, tuple(told))
        return kept[question]


def _forecast(context: ServiceContext, days: int) -> pd.DataFrame:
    """Return the mean forecast as far as the model sees, and its last period again until the days are over."""
    import numpy as np

    frequency = context.dataset.config.frequency
    wanted = -(-days // frequency.period_days)
    told = min(wanted, context.horizon)
    table = context.forecast(np.arange(len(context.distribution.series)), told, (0.5,)).to_frame()
    table = table[["sku", "location", "date", "mean"]].assign(date=pd.to_datetime(table["date"]))
    last = table.groupby(["sku", "location"], sort=False).tail(1)
    later = [
        last.assign(date=last["date"] + pd.Timedelta(days=step * frequency.period_days))
        for step in range(1, wanted - told + 1)
    ]
    return pd.concat([table, *later], ignore_index=True)


def _with_plan(request: Request, caller: Caller, name: str, dataset: Dataset, plan_run: str | None) -> Dataset:
    """Return the dataset with the orders of a stored plan run under way: what stock the plan would make."""
    if plan_run is None:
        return dataset
    with platform_of(request).database.reading() as connection:
        run = find_run(connection, caller.tenant, plan_run, with_lines=True)
    if run.dataset != name:
        raise UsageError(f"plan run {plan_run} is of the dataset {run.dataset!r}, not of {name!r}; name that one")
    there = dataset.table("open_orders")
    rows = [
        {"order_id": line[0], "sku": line[1], "location": line[2], "quantity": float(line[6]), "expected_on": line[8]}
        for line in run.lines
        if float(line[6]) > 0
    ]
    if not rows:
        return dataset
    planned = pd.DataFrame(rows).assign(expected_on=lambda frame: pd.to_datetime(frame["expected_on"]))
    planned = planned.reindex(columns=there.columns).astype(there.dtypes.to_dict())
    both = planned if there.empty else pd.concat([there, planned], ignore_index=True)
    return replace(dataset, tables={**dataset.tables, "open_orders": both})
