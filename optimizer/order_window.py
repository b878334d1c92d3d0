"""Raising the position: the cheapest order from each level, over every option at once (compiled).

An option o is one way to buy in one price band: an order of q units in it costs K_o + δ_o q and brings
`least` to `most` steps, whole multiples of `stride`. With v(Q′) the cost from then on

    onward(Q) = min_o min_{Q′ = Q + q} [ K_o + δ_o (Q′ − Q) + v(Q′) ]
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from core.types import FloatArray

__all__ = ["Options", "Steps", "cheapest_raise", "order_price"]

Steps = npt.NDArray[np.int64]


class Options(NamedTuple):
    """The options of one SKU, O of them, quantities in steps.

    premium: (O,) what a unit costs more than the SKU's base unit cost, [δ]. fixed: (O,) per order, [K]; with
        incremental discounts also what the first units of the order cost more. least, most, stride: (O,)
        steps. open: (J, O) whether an order of option o can arrive at event j.
    """

    premium: FloatArray
    fixed: FloatArray
    least: Steps
    most: Steps
    stride: Steps
    open: npt.NDArray[np.bool_]


@numba.njit(cache=True)
def cheapest_raise(
    value: FloatArray, j: int, options: Options, step: float, onward: FloatArray, raised: Steps, by: Steps
) -> None:
    """Fill onward[k], the level raised[k] that attains it and the option by[k]; −1 and infinite without one.

    value: (K,) the cost from event j on at each level after the order. Each option's window minimum comes
    from a queue of falling indices and falling value, one for each remainder of the stride: O(K) an option.
    Ties order the least.
    """
    size = value.size
    onward[:], raised[:], by[:] = np.inf, np.arange(size), -1
    queue = np.empty(size, dtype=np.int64)
    for o in range(options.premium.size):
        if not options.open[j, o] or options.least[o] > options.most[o]:
            continue
        stride, premium = options.stride[o], options.premium[o] * step
        least = -(-options.least[o] // stride)
        most = options.most[o] // stride
        for rest in range(min(stride, size)):
            head, tail = 0, 0
            count = (size - 1 - rest) // stride
            for place in range(count, -1, -1):
                entering = place + least
                if entering <= count and least <= most:
                    k = rest + entering * stride
                    new = value[k] + premium * k
                    while tail > head:
                        last = rest + queue[tail - 1] * stride
                        if value[last] + premium * last < new:
                            break
                        tail -= 1
                    queue[tail] = entering
                    tail += 1
                while tail > head and queue[head] > place + most:
                    head += 1
                if tail > head:
                    at, to = rest + place * stride, rest + queue[head] * stride
                    cost = options.fixed[o] + value[to] + premium * (to - at)
                    if cost < onward[at]:
                        onward[at], raised[at], by[at] = cost, to, o


@numba.njit(cache=True)
def order_price(options: Options, j: int, quantity: int, step: float) -> float:
    """Return what an order of `quantity` steps at event j costs beyond its base unit cost; infinite if barred."""
    best = np.inf
    for o in range(options.premium.size):
        if options.open[j, o] and options.least[o] <= quantity <= options.most[o] and quantity % options.stride[o] == 0:
            best = min(best, options.fixed[o] + options.premium[o] * step * quantity)
    return best
