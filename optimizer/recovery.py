"""From prices to a plan that respects every limit: one-opt over the pooled plans (compiled).

With r_j = usage − capacity of row j, SKU after SKU takes the pooled plan that is best while the others stand still,
first under the augmented Lagrangian

    Σ cost + Σ_j [ max(0, λ_j + ρ_j r_j)² − λ_j² ] / 2ρ_j

with ρ growing from sweep to sweep, then under a penalty that outweighs any saving until no row is overrun, and
last by the cost itself with moves that keep all rows within their capacities. Source: Bertsekas (1982),
Constrained optimization and Lagrange multiplier methods, chapter 2.
"""

from dataclasses import dataclass

import numba
import numpy as np

from core.types import FloatArray
from optimizer.period_instance import IntArray
from optimizer.plan_pool import PlanPool, best_in_pool
from optimizer.shared_rows import SharedRows

__all__ = ["Recovered", "recover"]

SWEEPS = 14
STEP, FIRST_TOP = 0.1, 0.3
"""Share of a multiplier step taken after each sweep; the last ρ of the first run, in prices per typical use."""
FIRM = 1e-9
"""Share of a capacity that rounding may overrun."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """choice: (n,) slot of each SKU's plan. cost: of the choice. overrun: (R,) usage beyond capacity, all 0 where
    the choice is feasible.
    """

    choice: IntArray
    cost: float
    overrun: FloatArray

    @property
    def feasible(self) -> bool:
        """Whether no row is overrun."""
        return not self.overrun.any()


def recover(
    rows: SharedRows,
    pool: PlanPool,
    prices: FloatArray,
    restarts: int = 3,
    seed: int = 4,
    start: IntArray | None = None,
) -> Recovered:
    """Return the cheapest feasible choice of some one-opt runs (or the least overrun one).

    start: (n,) a choice to begin the first run with (None: each SKU's best at `prices`). The seed fixes the order in
    which SKUs move.
    """
    limit = np.where(np.isfinite(rows.capacity), rows.capacity * (1 - FIRM), 1e300)
    unit = np.maximum(_typical_use(rows, pool.usage, pool.filled), 1e-12)
    best: Recovered | None = None
    for run in range(restarts):
        order = np.random.default_rng([seed, run]).permutation(len(pool.filled)).astype(np.int64)
        choice = best_in_pool(rows, pool.cost, pool.usage, pool.filled, prices)
        if start is not None and run == 0:
            choice = start.copy()
        used = np.empty(rows.capacity.size)
        _one_opt(rows, pool.cost, pool.usage, pool.filled, prices.copy(), limit, unit, order, choice, used, 0.5**run)
        if np.any(used > limit):
            choice = _leanest(rows, pool)
            _improve(rows, pool.cost, pool.usage, pool.filled, limit, order, choice, used)
        cost = float(pool.cost[np.arange(len(choice)), choice].sum())
        found = Recovered(choice, cost, np.where(used > rows.capacity * (1 + FIRM), used - rows.capacity, 0.0))
        if best is None or _rank(found, rows) < _rank(best, rows):
            best = found
    assert best is not None
    return best


def _leanest(rows: SharedRows, pool: PlanPool) -> IntArray:
    """Return each SKU's plan that uses least of everything: of them a feasible plan is made if there is one."""
    weight = np.where(np.isfinite(rows.capacity), 1e12 / np.maximum(rows.capacity, 1e-9), 0.0)
    return best_in_pool(rows, pool.cost, pool.usage, pool.filled, weight)


def _rank(found: Recovered, rows: SharedRows) -> tuple[float, float]:
    scale = np.where(np.isfinite(rows.capacity), np.maximum(rows.capacity, 1e-9), 1.0)
    return float((found.overrun / scale).sum()), found.cost


@numba.njit(cache=True, nogil=True)
def _typical_use(rows: SharedRows, usage: FloatArray, filled: IntArray) -> FloatArray:
    """Return (R,) the mean use of the plans that use a row at all."""
    total, number = np.zeros(rows.capacity.size), np.zeros(rows.capacity.size)
    for i in range(usage.shape[0]):
        for f in range(rows.start.size):
            first = rows.start[f] + rows.member[f, i] * rows.width[f]
            for p in range(filled[i]):
                for b in range(rows.width[f]):
                    if usage[i, p, f, b] > 0:
                        total[first + b] += usage[i, p, f, b]
                        number[first + b] += 1.0
    return total / np.maximum(number, 1.0)


@numba.njit(cache=True, nogil=True)
def _shift(rows: SharedRows, usage: FloatArray, i: int, p: int, sign: float, used: FloatArray) -> None:
    for f in range(rows.start.size):
        first = rows.start[f] + rows.member[f, i] * rows.width[f]
        for b in range(rows.width[f]):
            used[first + b] += sign * usage[i, p, f, b]


@numba.njit(cache=True, nogil=True)
def _burden(
    rows: SharedRows,
    usage: FloatArray,
    i: int,
    p: int,
    used: FloatArray,
    limit: FloatArray,
    prices: FloatArray,
    rho: FloatArray,
    mode: int,
) -> float:
    """Return what SKU i's plan p adds for the rows: mode 0 augmented Lagrangian, 1 penalty, 2 infinite if overrun."""
    total = 0.0
    for f in range(rows.start.size):
        first = rows.start[f] + rows.member[f, i] * rows.width[f]
        for b in range(rows.width[f]):
            j = first + b
            over = used[j] + usage[i, p, f, b] - limit[j]
            if mode == 0:
                pull = prices[j] + rho[j] * over
                if pull > 0.0:
                    total += (pull * pull - prices[j] * prices[j]) / (2.0 * rho[j])
                else:
                    total -= prices[j] * prices[j] / (2.0 * rho[j])
            elif mode == 1:
                total += prices[j] * usage[i, p, f, b]
                if over > 0.0:
                    total += 4.0 * rho[j] * over * over + 2.0 * (prices[j] + rho[j] * 1e-3 * limit[j]) * over
            elif over > 0.0:
                return np.inf
    return total


@numba.njit(cache=True, nogil=True)
def _sweep(
    rows: SharedRows,
    cost: FloatArray,
    usage: FloatArray,
    filled: IntArray,
    prices: FloatArray,
    limit: FloatArray,
    rho: FloatArray,
    order: IntArray,
    choice: IntArray,
    used: FloatArray,
    mode: int,
) -> int:
    """Let every SKU move once; return how many did."""
    moved = 0
    for i in order:
        now = choice[i]
        _shift(rows, usage, i, now, -1.0, used)
        best = cost[i, now] + _burden(rows, usage, i, now, used, limit, prices, rho, mode)
        for p in range(filled[i]):
            if p == now or (mode == 2 and cost[i, p] >= best):
                continue
            value = cost[i, p] + _burden(rows, usage, i, p, used, limit, prices, rho, mode)
            if value < best - 1e-9 * abs(best):
                best, choice[i] = value, p
        moved += choice[i] != now
        _shift(rows, usage, i, choice[i], 1.0, used)
    return moved


@numba.njit(cache=True, nogil=True)
def _recount(rows: SharedRows, usage: FloatArray, choice: IntArray, used: FloatArray) -> None:
    used[:] = 0.0
    for i in range(choice.size):
        _shift(rows, usage, i, choice[i], 1.0, used)


@numba.njit(cache=True, nogil=True)
def _one_opt(
    rows: SharedRows,
    cost: FloatArray,
    usage: FloatArray,
    filled: IntArray,
    prices: FloatArray,
    limit: FloatArray,
    unit: FloatArray,
    order: IntArray,
    choice: IntArray,
    used: FloatArray,
    firm: float,
) -> None:
    floor = 1e-3 * prices.max() if prices.size else 0.0
    rho = np.empty(prices.size)
    for sweep in range(SWEEPS):
        share = FIRST_TOP * firm * 2.0 ** (sweep - SWEEPS + 1)
        for j in range(prices.size):
            rho[j] = share * max(prices[j], floor, 1e-9) / unit[j]
        _recount(rows, usage, choice, used)
        _sweep(rows, cost, usage, filled, prices, limit, rho, order, choice, used, 0)
        for j in range(prices.size):
            prices[j] = max(prices[j] + STEP * rho[j] * (used[j] - limit[j]), 0.0)
    for _ in range(SWEEPS):
        _recount(rows, usage, choice, used)
        if np.all(used <= limit):
            break
        _sweep(rows, cost, usage, filled, prices, limit, rho, order, choice, used, 1)
        rho *= 2.0
    _improve(rows, cost, usage, filled, limit, order, choice, used)


@numba.njit(cache=True, nogil=True)
def _improve(
    rows: SharedRows,
    cost: FloatArray,
    usage: FloatArray,
    filled: IntArray,
    limit: FloatArray,
    order: IntArray,
    choice: IntArray,
    used: FloatArray,
) -> None:
    """Make cheaper moves that keep every row within its capacity; `used` is then exact."""
    for _ in range(SWEEPS):
        _recount(rows, usage, choice, used)
        if np.any(used > limit) or _sweep(rows, cost, usage, filled, limit, limit, limit, order, choice, used, 2) == 0:
            break
    _recount(rows, usage, choice, used)
