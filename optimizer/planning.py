"""How a plan is to be made: the review, the limits, the solver's time."""

import hashlib
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Protocol, Self

__all__ = ["Planning", "PlanningOptions"]


class Planning(Protocol):
    """The `[planning]` table of a dataset, whatever class holds it."""

    @property
    def review_period_days(self) -> int:
        """Days between two ordering opportunities."""

    @property
    def lost_sales(self) -> bool:
        """Whether unmet demand is lost."""

    @property
    def cycle_service_level(self) -> float:
        """Used only where a cost is unknown."""

    @property
    def budget(self) -> float:
        """Currency per plan, 0 = unlimited."""

    @property
    def volume_capacity(self) -> float:
        """Unit of products.volume, 0 = unlimited."""

    @property
    def lost_share(self) -> float | None:
        """Share of unmet demand that is lost, the rest waits; None: all or nothing, as `lost_sales` says."""


@dataclass(frozen=True, slots=True)
class PlanningOptions:
    """How a plan is made.

    review_period_days: days between two ordering opportunities. lost_sales: unmet demand is lost (else it
        waits, and the stock-out cost is paid per unit and period of waiting). budget: currency for this
        plan (unit cost + freight + order cost). volume_capacity: for on hand + on order. None or 0: no
        limit. cycle_service_level: part of the policy's name only; `inventory.supply` turns it into a
        cost where one is unknown. lost_share: share of unmet demand that is lost where it is neither all nor
        nothing (None: as `lost_sales` says). time_limit_seconds, seed: of the solver. look_ahead_periods: periods
        beyond the protection interval that a plan looks at (None: four reviews and at least four weeks).
    policy_name: of the named policy whose orders are planned in place of those of least cost (empty: none).
    threads: that share the series out; they change no order.
    """

    review_period_days: int = 7
    lost_sales: bool = True
    budget: float | None = None
    volume_capacity: float | None = None
    cycle_service_level: float = 0.95
    time_limit_seconds: float = 20.0
    seed: int = 20240415
    look_ahead_periods: int | None = None
    lost_share: float | None = None
    policy_name: str = ""
    threads: int = 1

    @classmethod
    def of(cls, planning: Planning, seed: int = 20240415, threads: int = 1) -> Self:
        """Return the options that a dataset's `[planning]` table asks for."""
        return cls(
            review_period_days=planning.review_period_days,
            lost_sales=planning.lost_sales,
            budget=planning.budget,
            volume_capacity=planning.volume_capacity,
            cycle_service_level=planning.cycle_service_level,
            lost_share=planning.lost_share,
            seed=seed,
            threads=threads,
        )

    @property
    def share_lost(self) -> float:
        """Share of unmet demand that is lost, 0 … 1."""
        return float(self.lost_sales) if self.lost_share is None else self.lost_share

    @property
    def policy(self) -> str:
        """Name of the policy, part of a proposal's name: what may change an order, not how it is computed."""
        return _digest(self)


@lru_cache(maxsize=64)
def _digest(options: PlanningOptions) -> str:
    unnamed = {"time_limit_seconds", "seed", "threads", *([] if options.policy_name else ["policy_name"])}
    facts = {name: value for name, value in asdict(options).items() if name not in unnamed}
    return hashlib.sha256(repr(sorted(facts.items())).encode()).hexdigest()[:16]
