"""The named policies: what a name on the command line stands for.

`NAME`, `NAME:NUMBER`, and either with factors of the one uplift budget behind it: `base-stock:0.95+promotion`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from core.errors import UsageError
from optimizer.base_stock import BaseStock, Newsvendor, SummedQuantiles
from optimizer.days_of_cover import DaysOfCover
from optimizer.demand_class import ByClass
from optimizer.least_cost import LeastCost
from optimizer.life_cycle import LifeCycle
from optimizer.lot_size import EconomicOrderQuantity, MinMax, ReorderQuantity
from optimizer.policies import Policy
from optimizer.projected_inventory import ProjectedInventory
from optimizer.safety_stock import DisruptionFloor, SafetyStock
from optimizer.seasonal_benchmark import SeasonalBenchmark
from optimizer.staged_orders import SeasonRamp, StagedLaunch
from optimizer.uplift import Uplifted, known_factor, uplift

__all__ = ["CATALOGUE", "Entry", "policy_named", "uplift_log"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A policy's name, what it does, what the number after its name means, and whether it is an order-up-to policy.

    make: from that number (None: the default) to the policy. An order-up-to policy never orders more where there is
    more stock, whatever the packs. uplifts: whether factors may raise it; not where it has an uplift budget of its own
    (E17: there is one), nor where the forecast already knows what the factors stand for.
    """

    name: str
    about: str
    number: str
    make: Callable[[float | None], Policy]
    orders_up_to: bool = True
    uplifts: bool = True


CATALOGUE = (
    Entry(
        "fillrate",
        "the orders of least expected cost: what `fillrate plan` does",
        "",
        lambda x: LeastCost(),
        False,
        False,
    ),
    Entry(
        "benchmark",
        "the VN2 challenge's policy: seasonal moving average of the next periods",
        "periods covered (lead time and two reviews)",
        SeasonalBenchmark,
    ),
    Entry("newsvendor", "one order as if it were the last, on joint paths", "", lambda x: Newsvendor()),
    Entry("base-stock", "order up to a quantile of the protection interval's demand", "service level", BaseStock),
    Entry("summed-quantiles", "the same with added quantiles: a mistake, to compare", "service level", SummedQuantiles),
    Entry(
        "projected-inventory", "order up to a level of stock expected at arrival", "service level", ProjectedInventory
    ),
    Entry("min-max", "(s, S): base-stock level and economic lot", "service level", MinMax, False),
    Entry("reorder-quantity", "(R, Q): base-stock level and whole lots", "service level", ReorderQuantity, False),
    Entry(
        "economic-order-quantity",
        "(R, Q) with the lot that price breaks make best",
        "service level",
        lambda x: EconomicOrderQuantity(cycle_service_level=x),
        False,
    ),
    Entry(
        "safety-stock",
        "mean demand and Z·σ·√(L + R)",
        "service level (0.95)",
        lambda x: SafetyStock() if x is None else SafetyStock(x),
    ),
    Entry(
        "disruption-floor",
        "the same, at least the demand of the longest delay",
        "days of the longest delay (10)",
        lambda x: DisruptionFloor() if x is None else DisruptionFloor(x),
    ),
    Entry(
        "days-of-cover",
        "so many days of recent demand",
        "days (45)",
        lambda x: DaysOfCover() if x is None else DaysOfCover(x),
    ),
    Entry("life-cycle", "presets of introduction, growth and maturity", "", lambda x: LifeCycle(), True, False),
    Entry(
        "season-ramp",
        "base stock, raised in steps to what a season will need",
        "days before the season (91)",
        lambda x: SeasonRamp() if x is None else SeasonRamp(x),
    ),
    Entry(
        "staged-launch",
        "a trial of a new product, then what its sales confirm, then base stock",
        "days of the trial (28)",
        lambda x: StagedLaunch() if x is None else StagedLaunch(x),
    ),
    Entry("by-class", "A small and often, C in batches", "", lambda x: ByClass(), False),
)


def policy_named(text: str) -> Policy:
    """Return the policy that `NAME`, `NAME:NUMBER` or either with `+FACTOR…` stands for.

    Raises UsageError for a name, number or factor that is not known.

    >>> policy_named("days-of-cover:30")
    DaysOfCover(days=30.0, window_days=30, name='days-of-cover')
    >>> policy_named("base-stock+promotion+growth-week").uplift.log[-1]
    'growth-week ×1.15 (O29): 1.20 → 1.38'
    """
    base, *factors = text.split("+")
    name, _, number = base.partition(":")
    for entry in CATALOGUE:
        if entry.name == name:
            policy = entry.make(_number(base, number, entry) if number else None)
            return _raised(text, policy, factors, entry) if factors else policy
    raise UsageError(f"policy {name!r} is not known; choose from {', '.join(entry.name for entry in CATALOGUE)}")


def uplift_log(policy: Policy | None) -> tuple[str, ...]:
    """Return a line a factor of what the one uplift budget made of a policy's target (E17); none without factors."""
    return policy.uplift.log if isinstance(policy, Uplifted) else ()


def _raised(text: str, policy: Policy, factors: list[str], entry: Entry) -> Policy:
    if not entry.uplifts:
        can = ", ".join(other.name for other in CATALOGUE if other.uplifts)
        raise UsageError(f"policy {text!r}: {entry.name} takes no uplift on top of its own; those that do: {can}")
    return Uplifted(policy, uplift([known_factor(factor) for factor in factors]), text)


def _number(text: str, number: str, entry: Entry) -> float:
    if not entry.number:
        raise UsageError(f"policy {text!r}: {entry.name} takes no number; write {entry.name}")
    try:
        value = float(number)
    except ValueError:
        raise UsageError(f"policy {text!r}: {number!r} is no number; it means {entry.number}") from None
    fits = 0 < value < 1 if entry.number.startswith("service level") else 0 < value < 10_000
    if not fits:
        raise UsageError(f"policy {text!r}: {number} is out of range; it means {entry.number}")
    return value
