"""What every model can do: look at a panel and state the distribution of the periods after it."""

from typing import Protocol

from core.errors import UsageError
from features.panel import Panel
from training.distribution import DemandDistribution

__all__ = ["Forecaster", "check_horizon"]


class Forecaster(Protocol):
    """A model that is ready to answer. `tests/contract/test_forecasters.py` holds every model to this:

    - Quantiles at any level from 0.001 to 0.999 never cross, are never negative, and are whole where all units of the
      history are. They and the mean are finite for any series: without sales, with one, never in stock, just begun.
    - It reads the panel's history before its end, what is known ahead, and nothing else: nothing from `as_of` on, and
      of a period whose demand was censored no more than whether anything was sold, never how much.
    - The same panel and the same fit give the same bytes; the order of the series changes nothing but rounding.
    - `series` of the answer is the panel's, in its order, with `fallback_reason`: empty where the model itself
      answered, else why another one did. A forecaster that routes series to several models adds a column `model`.
    - A horizon beyond its own is refused with UsageError; a shorter one gives the first periods of the longer one.
    - Sample paths follow the marginal distributions.
    """

    @property
    def name(self) -> str:
        """Name of the model, as shown to users and logged."""
        ...

    @property
    def horizon(self) -> int:
        """Most periods ahead that it can forecast."""
        ...

    def distribution(self, panel: Panel, horizon: int) -> DemandDistribution:
        """Return the distribution of the `horizon` periods from the panel's end on, for all its series.

        Raises UsageError for a horizon beyond the model's own.
        """
        ...


def check_horizon(name: str, reach: int, horizon: int) -> None:
    """Raise UsageError where `horizon` is none, or beyond the `reach` of the model called `name`."""
    if horizon < 1:
        raise UsageError(f"a horizon of {horizon} periods is no forecast; ask for 1 or more")
    if horizon > reach:
        raise UsageError(f"{name} was fitted for {reach} periods ahead, not {horizon}; fit it for more")
