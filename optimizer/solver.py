"""Solving a PuLP model: HiGHS in process, CBC where it is missing, and what the solver itself says about the result.

PuLP 3.3 calls a run that hit its time limit optimal and drops an objective's constant with HiGHS; CBC leaves
fractional values behind where it found no plan. So status, bound and gap here are the solver's own, and
`found` is true only where the values are whole wherever they must be.
"""

from dataclasses import dataclass

import numpy as np
import pulp

from core.errors import SolverError

__all__ = ["Solved", "solve_model"]

WHOLE = 1e-5
"""Largest distance from a whole number that is rounding, not a missing plan."""


@dataclass(frozen=True, slots=True)
class Solved:
    """bound: no solution of the model is cheaper (−inf: the solver does not tell). found: there is a solution."""

    bound: float
    status: str
    solver: str
    found: bool


def solve_model(
    model: pulp.LpProblem,
    time_limit_seconds: float,
    gap_absolute: float = 0.0,
    gap_relative: float = 0.0,
    seed: int = 4,
    solver: str | None = None,
) -> Solved:
    """Solve `model` in place. solver: `HiGHS`, `CBC` or None (HiGHS where it can be started).

    Raises SolverError where the solver cannot be started.
    """
    if solver != "CBC":
        highs = pulp.HiGHS(
            msg=False,
            threads=1,
            timeLimit=time_limit_seconds,
            gapRel=gap_relative,
            gapAbs=gap_absolute,
            random_seed=seed,
        )
        if highs.available():
            return _with_highs(model, highs)
    return _with_cbc(model, time_limit_seconds, gap_absolute, gap_relative, seed)


def _with_highs(model: pulp.LpProblem, highs: pulp.HiGHS) -> Solved:
    model.solve(highs)
    status = model.solverModel.modelStatusToString(model.solverModel.getModelStatus()).lower()
    info = model.solverModel.getInfo()
    whole = any(column.cat == pulp.LpInteger for column in model.variables())
    bound = float(info.mip_dual_bound if whole else info.objective_function_value)
    return Solved(bound, status, "HiGHS", int(info.primal_solution_status) == 2 and _is_whole(model))


def _with_cbc(
    model: pulp.LpProblem, time_limit_seconds: float, gap_absolute: float, gap_relative: float, seed: int
) -> Solved:
    cbc = pulp.COIN_CMD(
        path=pulp.PULP_CBC_CMD.pulp_cbc_path,
        msg=False,
        timeLimit=time_limit_seconds,
        gapRel=gap_relative,
        gapAbs=gap_absolute,
        threads=1,
        options=[f"randomSeed {seed}"],
    )
    if not cbc.available():
        raise SolverError("neither HiGHS nor CBC can be started; install highspy")
    model.solve(cbc)
    found = model.sol_status in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible) and _is_whole(model)
    status = {pulp.LpSolutionOptimal: "optimal", pulp.LpSolutionInfeasible: "infeasible"}.get(
        model.sol_status, "feasible" if found else "no plan found"
    )
    return Solved(-np.inf, status, "CBC", found)


def _is_whole(model: pulp.LpProblem) -> bool:
    values = np.array([c.varValue or 0.0 for c in model.variables() if c.cat == pulp.LpInteger])
    return bool(np.abs(values - np.round(values)).max(initial=0.0) <= WHOLE)
