"""One forecast from several models: marginals whose rows come from different places."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from training.marginals import CountMarginals, GridMarginals, Marginals, blended

__all__ = ["replaced_rows", "routed"]


def replaced_rows(base: Marginals, rows: npt.NDArray[np.int64], part: Marginals) -> Marginals:
    """Return `base` with its series `rows` replaced by those of `part`, in order.

    Where both are given by mean and variance ratio so is the result, else it is a grid of quantiles.
    """
    if isinstance(base, CountMarginals) and isinstance(part, CountMarginals):
        mean, ratio = base.mean.copy(), base.ratio.copy()
        mean[rows], ratio[rows] = part.mean, part.ratio
        return CountMarginals(mean, ratio, base.integer_valued)
    whole, other = _as_grid(base), _as_grid(part)
    mean, values = whole.mean.copy(), whole.values.copy()
    mean[rows], values[rows] = other.mean, other.values
    return GridMarginals(mean, values, base.integer_valued)


def routed(parts: Sequence[Marginals], choice: npt.NDArray[np.int64]) -> Marginals:
    """Return the marginals whose series i is that of `parts[choice[i]]`; all parts cover all n series."""
    result = parts[0]
    for place, part in enumerate(parts[1:], start=1):
        rows = np.flatnonzero(choice == place)
        if len(rows):
            result = replaced_rows(result, rows, part.take(rows))
    return result


def _as_grid(part: Marginals) -> GridMarginals:
    return part if isinstance(part, GridMarginals) else blended([part], np.ones(1))
