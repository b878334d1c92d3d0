"""Series with little or no history of their own: the level and launch curve of series like them.

Every attribute that the panel knows (location, category, brand, …), the band of its price and the sku itself elsewhere
moves the expected level by a factor, drawn to 1 where few series share it; the curve of mean units by age since launch
gives its course; own sales move the level by the gamma–Poisson rule (Gelman et al. 2013, Bayesian Data Analysis,
ch. 2.6), the more the more of them there are. Levels of similar series differ: that spread widens the forecast.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from features.panel import Panel
from training.analogues import Analogues, find_analogues
from training.distribution import DemandDistribution
from training.forecaster import Forecaster, check_horizon
from training.marginals import CountMarginals
from training.routing import replaced_rows

__all__ = ["ColdStartForecaster", "ColdStartSettings", "analogue_marginals", "young_series"]

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ColdStartSettings:
    """Who is young and who can serve as an example.

    young_daily, young_weekly: own observed periods below which analogues answer: with more, a trained model was better
    (docs/decisions/0011); mature_days: history from which a series can be an analogue; recent_days: history that an
    analogue's level is the mean of; strength: analogues at which a group's own level counts half; least_analogues:
    fewer leave the base model.
    """

    young_daily: int = 10
    young_weekly: int = 1
    mature_days: int = 182
    recent_days: int = 84
    strength: float = 3.0
    least_analogues: int = 8


@dataclass(frozen=True, slots=True)
class ColdStartForecaster:
    """A model whose answers for young series are replaced by their analogues'.

    products: the dataset's table, for brand and parent (variants); None: the panel's groups only. The answer's column
    `model` names who made each series' forecast, and `fallback_reason` why.
    """

    base: Forecaster
    settings: ColdStartSettings
    products: pd.DataFrame | None = None

    @property
    def name(self) -> str:
        """Name of the base model."""
        return self.base.name

    @property
    def horizon(self) -> int:
        """Most periods ahead, as the base model's."""
        return self.base.horizon

    def distribution(self, panel: Panel, horizon: int) -> DemandDistribution:
        """Return the base model's distribution, with that of analogues for young series; raises as the base does."""
        check_horizon(self.name, self.horizon, horizon)
        made = self.base.distribution(panel, horizon)
        young = young_series(panel, self.settings)
        who = pd.Series(made.model, index=made.series.index, dtype="str")
        analogues = find_analogues(panel, self.settings, self.products) if len(young) else None
        if analogues is None:
            return replace(made, series=made.series.assign(model=who))
        marginals, reasons = analogue_marginals(panel, young, horizon, analogues, self.settings)
        who.iloc[young] = "analogues"
        why = made.series["fallback_reason"].copy()
        why.iloc[young] = reasons
        series = made.series.assign(fallback_reason=why, model=who)
        return replace(made, series=series, marginals=replaced_rows(made.marginals, young, marginals))


def young_series(panel: Panel, settings: ColdStartSettings) -> Rows:
    """Return the series with too few observed periods for a trained model to know them."""
    limit = settings.young_daily if panel.frequency is Frequency.DAILY else settings.young_weekly
    return np.flatnonzero((panel.history.observed > 0).sum(axis=1) < limit)


def analogue_marginals(
    panel: Panel, rows: Rows, horizon: int, analogues: Analogues, settings: ColdStartSettings
) -> tuple[CountMarginals, list[str]]:
    """Return the marginals of series `rows` over the `horizon` periods from the panel's end on, and why, in words.

    With e the level expected of the series, c(a) the launch curve at age a, ν the shape of the levels' gamma
    distribution, φ the variance ratio of similar series, S the own units sold and E = Σ e·c(a) those expected in the
    same periods: the level's factor is (ν + S/φ) ÷ (ν + E/φ), the variance ratio φ + mean ÷ (ν + S/φ).
    A series whose launch is still to come has no demand before it.
    """
    history = panel.history
    observed = history.observed[rows] > 0
    launched = panel.launched[rows].astype(np.int64)
    begun = np.where(launched >= panel.periods, launched, history.first[rows])
    past_age = np.arange(panel.periods) - begun[:, None]
    ahead_age = np.arange(panel.periods, panel.periods + horizon) - begun[:, None]
    past = np.arange(panel.periods)
    ahead = np.arange(panel.periods, panel.periods + horizon)
    level = analogues.level[rows][:, None]
    course = level * analogues.curve(rows, past_age) * analogues.rhythm(past)
    expected = np.where(observed, course, 0.0).sum(axis=1)
    sold = np.where(observed, history.units[rows].astype(np.float64), 0.0).sum(axis=1)
    ratio = analogues.variance_ratio(level[:, 0])
    certainty = analogues.shape + sold / ratio
    factor = certainty / (analogues.shape + expected / ratio)
    mean = factor[:, None] * level * analogues.curve(rows, ahead_age) * analogues.rhythm(ahead)
    mean[ahead_age < 0] = 0.0
    spread = ratio[:, None] + mean / certainty[:, None]
    told = [
        f"{count} periods of own history: level and launch curve of {analogues.described(row)}"
        for row, count in zip(rows.tolist(), observed.sum(axis=1).tolist(), strict=True)
    ]
    return CountMarginals(mean, spread, panel.integer_valued), told
