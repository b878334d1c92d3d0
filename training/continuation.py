"""A forecast beyond the periods that its model was trained for: the last season that it knows, again."""

import numpy as np

from core.frequency import Frequency
from training.distribution import DemandDistribution

__all__ = ["continued"]

WEEKS_REPEATED = 4
"""Weeks whose pattern a weekly forecast repeats: a year would not fit into what was forecast."""


def continued(distribution: DemandDistribution, horizon: int) -> DemandDistribution:
    """Return the distribution over `horizon` periods; those beyond its own repeat its last week (or four weeks).

    A plan looks further ahead than its orders reach, only to see when the next one is due. A model trained for so many
    periods would have little history left to be judged on, and was worse on those that matter. Calibration and
    dependence go on as they were at the end.
    """
    known = len(distribution.dates)
    if horizon <= known:
        return distribution.first(horizon)
    season = 7 if distribution.frequency is Frequency.DAILY else WEEKS_REPEATED
    season = min(season, known)
    beyond = known - season + np.arange(horizon - known) % season
    places = np.concatenate([np.arange(known), beyond])
    return distribution.periods(places)
