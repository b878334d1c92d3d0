"""`fillrate plan --policy NAME`: what a named policy orders at `as_of`, from what is known then."""

from typing import TYPE_CHECKING

import numpy as np

from core.types import DemandForecast, FloatArray
from optimizer.policies import Knowledge, Policy, StockState
from serving.champion import Champion
from serving.context import Holdings
from serving.question import Question

if TYPE_CHECKING:
    from training.distribution import DemandDistribution

__all__ = ["policy_quantities"]


def policy_quantities(policy: Policy, question: Question, held: Holdings, champion: Champion, paths: int) -> FloatArray:
    """Return (n,) the units that the policy orders of each series of the panel.

    It knows what the simulation would tell it on that day: history, the champion's forecast with `paths` sample
    paths, stock, what is on order and the terms of the preferred way to buy.
    """
    history = question.panel.history
    made: dict[int, DemandDistribution] = {}

    def forecast(horizon: int) -> DemandForecast:
        if horizon not in made:
            made[horizon] = champion.distribution(question.panel, horizon)
        return made[horizon].forecast((0.5,), paths, question.settings.seed)

    knowledge = Knowledge(
        as_of=question.as_of,
        frequency=question.dataset.config.frequency,
        terms=held.terms,
        planning=held.options,
        units=np.where(history.observed > 0, history.units.astype(np.float64), np.nan),
        dates=question.panel.dates(0, question.panel.periods),
        forecast=forecast,
    )
    state = StockState(held.on_hand[:, None], np.zeros((len(held.on_hand), 1)), held.inbound[:, None, :])
    ordered: FloatArray = policy.order(state, knowledge)[:, 0]
    return ordered
