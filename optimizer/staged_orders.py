"""Stock that is built in steps: towards a season (O23), and for a product that has yet to prove itself (O26).

One large order at once bets everything on one forecast. Steps buy a part at each review, so that what is learned on the
way changes what is still to be bought. Neither rule weighs what that is worth; the plan of least expected cost does.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from optimizer.base_stock import path_quantile, protection_interval_demand, review_ratio
from optimizer.policies import Knowledge, StockState, order_up_to
from optimizer.safety_stock import recent_demand

__all__ = ["SeasonRamp", "StagedLaunch", "ramp_share"]

FASHION_RAMP_DAYS = 91.0
TRIAL_DAYS = 28.0


def ramp_share(periods_ahead: npt.NDArray[np.int64], review: int) -> FloatArray:
    """Return the part of what is missing to the season's level that this review buys: 1 ÷ the reviews left.

    periods_ahead: periods until the first one that needs the level, counted from when an order of now would serve.
    Repeated at each review the parts of an unchanged forecast are equal.

    >>> ramp_share(np.array([0, 3, 12]), review=1).round(3).tolist()
    [1.0, 0.25, 0.077]
    """
    share: FloatArray = np.divide(1.0, periods_ahead // review + 1.0, dtype=np.float64)
    return share


@dataclass(frozen=True, slots=True)
class SeasonRamp:
    """Order up to base stock, raised step by step to the highest level that the next `ramp_days` will need.

    Levels are quantiles of joint paths at each SKU's critical ratio, over every protection interval that starts
    within the ramp. A level below today's changes nothing: stock for now is never cut for a weak season.
    """

    ramp_days: float = FASHION_RAMP_DAYS
    name: str = "season-ramp"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return what is missing to the level of this step."""
        return order_up_to(self.level(knowledge), state, knowledge.terms)

    def level(self, knowledge: Knowledge) -> FloatArray:
        """Return (n,) the level of this review's step, units."""
        spans = knowledge.first + knowledge.review
        reach = int(spans.max(initial=0))
        forecast = knowledge.forecast(reach + knowledge.frequency.periods(self.ramp_days))
        totals = forecast.paths.cumsum(axis=2, dtype=np.float64)
        totals = np.pad(totals, ((0, 0), (0, 0), (1, 0)))
        rows, ratio = np.arange(len(spans)), review_ratio(knowledge)
        levels = np.column_stack(
            [
                path_quantile(totals[rows, :, spans + start] - totals[:, :, start], ratio)
                for start in range(forecast.horizon - reach + 1)
            ]
        )
        rise = levels.max(axis=1) - levels[:, 0]
        made: FloatArray = levels[:, 0] + np.ceil(rise * ramp_share(levels.argmax(axis=1), knowledge.review))
        return made


@dataclass(frozen=True, slots=True)
class StagedLaunch:
    """Try a new product with half of what is forecast, then stock what its own sales confirm, then plan as usual.

    Trial, while fewer than `trial_days` of sales were seen: `trial_share` of the mean demand of the protection
    interval. Proof, until three times as long: base stock, at most `headroom` times what recent sales would need. The
    rule names no number: 28 days, a half and 1.5 (the cap of a first order, O50) are presets.
    """

    trial_days: float = TRIAL_DAYS
    trial_share: float = 0.5
    headroom: float = 1.5
    name: str = "staged-launch"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return what is missing to the level of each product's stage."""
        return order_up_to(self.level(knowledge), state, knowledge.terms)

    def level(self, knowledge: Knowledge) -> FloatArray:
        """Return (n,) the level of each product's stage, units."""
        forecast = knowledge.forecast(int(knowledge.first.max(initial=0)) + knowledge.review)
        demand = protection_interval_demand(forecast, knowledge.first, knowledge.review)
        usual = path_quantile(demand, review_ratio(knowledge))
        trial = knowledge.frequency.periods(self.trial_days)
        seen = (~np.isnan(knowledge.units)).sum(axis=1)
        recent, _ = recent_demand(knowledge, trial)
        tested = np.minimum(np.ceil(self.trial_share * demand.mean(axis=1)), usual)
        proven = np.minimum(usual, np.ceil(self.headroom * recent * (knowledge.first + knowledge.review)))
        return np.select([seen < trial, seen < 3 * trial], [tested, proven], usual)
