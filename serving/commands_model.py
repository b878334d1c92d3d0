"""`fillrate train | forecast | plan`: the straight line from tables to orders."""

from typing import TYPE_CHECKING

import typer

from serving.commands_plan import ExplainSku, PlannedFile, PlanPolicy, print_limits, tell_more
from serving.console import Screen
from serving.files import write_table
from serving.options import (
    Across,
    AsOf,
    BestEffort,
    Budget,
    DataFolder,
    ForecastFile,
    Horizon,
    Levels,
    OutFile,
    Paths,
    PathsFile,
    Quiet,
    Seed,
    SettingsFile,
    asked,
    check_apart,
    check_budget,
    check_paths,
    parse_levels,
)

if TYPE_CHECKING:
    from optimizer.plan import OrderPlan, PlanSummary

__all__ = ["add_to", "print_plan"]

SHOWN = 20
SHOWN_ORDERS = 10
DEFAULT_LEVELS = "0.05,0.5,0.95"
DEFAULT_PATHS = 200


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for name, function, example in (
        ("train", _train, "fillrate train --data my_shop --as-of 2024-04-15"),
        (
            "forecast",
            _forecast,
            "fillrate forecast --data my_shop --horizon 28 --levels 0.05,0.5,0.95 --out forecast.csv",
        ),
        ("plan", _plan, "fillrate plan --data my_shop --as-of 2024-04-15 --budget 20000 --out orders.csv"),
    ):
        app.command(name, epilog=f"Example: {example}")(function)


def _train(
    data: DataFolder,
    as_of: AsOf = None,
    horizon: Horizon = None,
    settings_file: SettingsFile = None,
    best_effort: BestEffort = False,
    seed: Seed = None,
    quiet: Quiet = False,
) -> None:
    """Train a model, judge it against the baselines, track and register it; the better one is champion."""
    from serving import use_cases
    from serving.judging import recipe

    screen = Screen(quiet)
    question = asked(data, as_of, horizon, best_effort, seed, screen)
    how = None if settings_file is None else recipe(question, settings_file)
    with screen.progress() as progress:
        trained = use_cases.train(question, progress, how)
    screen.table(
        use_cases.shown_scores(trained.result.scores),
        title=f"Backtest before {question.as_of}, {question.horizon} periods ahead",
    )
    screen.say(use_cases.verdict(trained))


def _forecast(
    data: DataFolder,
    as_of: AsOf = None,
    horizon: Horizon = None,
    levels: Levels = DEFAULT_LEVELS,
    out: OutFile = None,
    paths_out: PathsFile = None,
    paths: Paths = DEFAULT_PATHS,
    across: Across = False,
    best_effort: BestEffort = False,
    seed: Seed = None,
    quiet: Quiet = False,
) -> None:
    """Forecast all series: mean and quantiles of each future period. Trains first if no champion fits."""
    from serving import use_cases

    screen = Screen(quiet)
    wanted = parse_levels(levels)
    check_apart(out, paths_out, "--paths-out")
    question = asked(data, as_of, horizon, best_effort, seed, screen)
    drawn = 0 if paths_out is None else check_paths(paths, len(question.panel.series), question.horizon)
    with screen.progress() as progress:
        made = use_cases.forecast(question, wanted, progress, screen.tell, drawn, across)
    if paths_out is not None:
        write_table(made.forecast.paths_frame(), paths_out)
        screen.tell(f"{drawn:,} sample paths a series written to {paths_out}")
    table = made.forecast.to_frame()
    if out is not None:
        write_table(table, out)
    else:
        screen.table(table.head(SHOWN))
        screen.tell(f"The first {min(SHOWN, len(table))} of {len(table):,} rows; --out FILE writes them all")
    place = f", written to {out}" if out is not None else ""
    screen.say(
        f"{len(made.forecast.series):,} series × {question.horizon} periods from {question.as_of} "
        f"by {made.forecast.model}{place}"
    )


def _plan(
    data: DataFolder,
    as_of: AsOf = None,
    levels: Levels = DEFAULT_LEVELS,
    budget: Budget = None,
    out: OutFile = None,
    forecast_out: ForecastFile = None,
    planned_out: PlannedFile = None,
    explain: ExplainSku = None,
    policy: PlanPolicy = None,
    best_effort: BestEffort = False,
    seed: Seed = None,
    quiet: Quiet = False,
) -> None:
    """Propose the orders of least expected cost to place now. Trains first if no champion fits."""
    from optimizer.policy_catalogue import uplift_log
    from serving import use_cases

    screen = Screen(quiet)
    wanted, limit = parse_levels(levels), check_budget(budget)
    check_apart(out, forecast_out, "--forecast-out")
    raised = uplift_log(use_cases.check_policy(policy)) if policy is not None else ()
    question = asked(data, as_of, None, best_effort, seed, screen)
    with screen.progress() as progress:
        planned = use_cases.plan(question, wanted, limit, progress, screen.tell, policy or "")
    if out is not None:
        write_table(planned.plan.orders, out)
    if forecast_out is not None:
        write_table(planned.forecast.to_frame(), forecast_out)
    print_plan(screen, planned.plan, question.dataset.config.currency)
    for line in raised:
        screen.say(f"Uplift {line}")
    tell_more(screen, planned.plan, explain, planned_out)
    screen.say(f"Forecasts by {planned.forecast.model}" + (f"; orders written to {out}" if out is not None else ""))


def print_plan(screen: Screen, plan: "OrderPlan", currency: str, shown: int = SHOWN_ORDERS) -> None:
    """Print the orders that cost most, and what the plan costs in all."""
    names = ["sku", "location", "supplier", "quantity", "value", "order_by", "arrive_on", "reason"]
    orders = plan.orders.assign(value=plan.orders["quantity"] * plan.orders["unit_cost"])
    largest = orders.sort_values(["value", "quantity"], ascending=False, kind="stable").index[:shown]
    if len(largest):
        screen.table(orders.loc[largest, names], title=f"Orders to place on {plan.as_of} (largest first)")
    if len(plan.orders) > shown:
        screen.say(f"… and {len(plan.orders) - shown:,} more")
    s = plan.summary
    limit = "no budget" if s.budget is None else f"budget {s.budget:,.2f}"
    screen.say(
        f"{s.ordered:,} of {s.series:,} series ordered; {_spend(s, currency)} ({limit}); "
        f"expected cost {s.expected_cost:,.2f} (without orders {s.cost_without_orders:,.2f}); "
        f"{s.status}, gap {s.gap:.3%}, by {s.solver}"
    )
    print_limits(screen, s)


def _spend(summary: "PlanSummary", currency: str) -> str:
    """Return what the orders cost, and what was taken for the unit costs that nobody told."""
    s = summary
    halved = s.unpriced - s.counted
    guesses = [f"half the price for {halved:,}"] if halved else []
    guesses += [f"1 a unit for {s.counted:,}"] if s.counted else []
    amount = f"spend {s.spend:,.2f}" + ("" if s.counted else f" {currency}")
    if not guesses:
        return amount
    return f"{amount} with {' and '.join(guesses)} of {s.ordered:,} orders, whose unit cost is unknown"
