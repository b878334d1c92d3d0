"""What every model can do: look at a panel and state the distribution of the periods after it."""

from typing import Protocol

from features.panel import Panel
from training.distribution import DemandDistribution

__all__ = ["Forecaster"]


class Forecaster(Protocol):
    """A model that is ready to answer.

    name: as shown to users and logged; horizon: the most periods it can forecast.
    """

    @property
    def name(self) -> str:
        """Name of the model."""
        ...

    @property
    def horizon(self) -> int:
        """Most periods ahead."""
        ...

    def distribution(self, panel: Panel, horizon: int) -> DemandDistribution:
        """Return the distribution of the `horizon` periods from the panel's end on, for all its series.

        Reads nothing of the panel but its history and what is known ahead.
        """
        ...
