"""When each series was launched, as far as it is known."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency

__all__ = ["UNKNOWN", "launch_periods"]

UNKNOWN = -1_000_000
"""Launch of a series that was there when the records began."""


def launch_periods(
    series: pd.DataFrame, products: pd.DataFrame | None, first: npt.NDArray[np.int32], frequency: Frequency,
    start: np.datetime64,
) -> npt.NDArray[np.int32]:  # fmt: skip
    """Return (n,) the period of each series' launch: `launched_on`, else its first observed period.

    A series observed from the first period of the records on may be of any age: UNKNOWN.
    """
    result = np.where(first > 0, first, UNKNOWN).astype(np.int32)
    if products is None or products.empty or "launched_on" not in products:
        return result
    days = series["sku"].map(products.drop_duplicates("sku").set_index("sku")["launched_on"])
    given = days.notna().to_numpy()
    launched = days.to_numpy()[given].astype("datetime64[D]")
    result[given] = np.maximum(frequency.index(launched, start), UNKNOWN)
    return result
