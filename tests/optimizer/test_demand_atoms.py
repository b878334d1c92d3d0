import numpy as np
import pytest

from core.errors import UsageError
from optimizer.demand_atoms import requirement_atoms


def paths(count=4, number=60, periods=6, seed=0):
    return np.random.default_rng(seed).poisson(3.0, (count, number, periods)).astype(np.float32)


def test_atoms_keep_the_mean_and_rise():
    sample = paths()
    atoms = requirement_atoms(sample, np.zeros(4), np.zeros((4, 6)), np.zeros(4), atoms=9)
    assert atoms.mean(axis=2) == pytest.approx(sample.cumsum(axis=2).mean(axis=1), rel=1e-5)
    assert np.all(np.diff(atoms, axis=2) >= 0)


def test_as_many_atoms_as_paths_are_the_sorted_paths():
    sample = paths()
    atoms = requirement_atoms(sample, np.full(4, 5.0), np.ones((4, 6)), np.zeros(4), atoms=60)
    net = sample.cumsum(axis=2) - 5.0 - np.arange(1, 7)
    assert atoms == pytest.approx(np.sort(net, axis=1).transpose(0, 2, 1), abs=1e-4)


def test_a_sale_lost_before_the_first_arrival_is_not_ordered_for():
    sample = np.full((1, 10, 4), 3.0, dtype=np.float32)
    lost = requirement_atoms(sample, np.array([4.0]), np.zeros((1, 4)), np.array([2]), atoms=5)
    waiting = requirement_atoms(sample, np.array([4.0]), np.zeros((1, 4)), np.array([2]), atoms=5, lost_sales=False)
    assert lost[0, :, 0].tolist() == [-1.0, 2.0, 3.0, 6.0]  # 2 units of the second period are lost
    assert waiting[0, :, 0].tolist() == [-1.0, 2.0, 5.0, 8.0]


def test_fewer_paths_than_atoms_are_refused():
    with pytest.raises(UsageError, match="5 sample paths cannot make 9 atoms"):
        requirement_atoms(paths(number=5), np.zeros(4), np.zeros((4, 6)), np.zeros(4), atoms=9)
