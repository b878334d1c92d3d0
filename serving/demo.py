"""The demo: a real orders export becomes order proposals, step by step, in a workspace of its own."""

from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import UsageError
from core.settings import Settings
from serving import use_cases
from serving.commands_data import print_import, print_profile
from serving.commands_model import print_plan
from serving.console import Screen
from serving.files import write_table

__all__ = ["EXAMPLE", "run"]

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "online_retail"


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the demo works: FILLRATE_HOME/demo."""

    root: Path

    @property
    def dataset(self) -> Path:
        """The imported tables."""
        return self.root / "online_retail"

    @property
    def forecast(self) -> Path:
        """The forecast table."""
        return self.root / "forecast.csv"

    @property
    def plan(self) -> Path:
        """The order proposals."""
        return self.root / "plan.csv"


def run(settings: Settings, screen: Screen) -> None:
    """Import, validate, train, forecast and plan the example shop; raises UsageError outside a source folder."""
    if not EXAMPLE.is_dir():
        raise UsageError(f"the demo's data are not installed ({EXAMPLE} is missing); run it in a clone of the source")
    places = _Places(settings.home / "demo")
    places.root.mkdir(parents=True, exist_ok=True)
    question = _import_and_check(places, settings, screen)
    _train(question, screen)
    _forecast_and_plan(question, places, screen)
    shown = _relative(places.root)
    screen.say()
    screen.say(f"Tables are in {shown}. Terms and opening stock are assumed (see {_relative(EXAMPLE / 'README.md')}).")
    screen.say("Next:")
    screen.say(f"  fillrate plan --data {shown / 'online_retail'} --budget 5000 --out orders.csv")
    screen.say(f"  fillrate serve --data {shown / 'online_retail'}")


def _import_and_check(places: _Places, settings: Settings, screen: Screen) -> use_cases.Question:
    from inventory.order_lines import ImportRules
    from inventory.orders_import import import_orders
    from inventory.profile import profile_dataset

    screen.say("1/5 Import a shop's orders export")
    rules = ImportRules(currency="GBP", time_zone="Europe/London", drop_cancelled_pairs=True)
    source = EXAMPLE / "orders.csv.gz"
    report = import_orders(source, places.dataset, rules=rules, overwrite=True, tables_from=EXAMPLE / "assumed")
    print_import(screen, report)
    screen.say("\n2/5 Validate the dataset")
    dataset = use_cases.open_dataset(places.dataset, False, settings, screen.tell)
    print_profile(screen, profile_dataset(dataset))
    return use_cases.ask(dataset, None, None, settings)


def _train(question: use_cases.Question, screen: Screen) -> None:
    screen.say("\n3/5 Train, and judge against the baselines on periods the model had not seen")
    reach = replace(question, horizon=use_cases.model_reach(question))
    with screen.progress() as progress:
        trained = use_cases.train(reach, progress)
    screen.table(use_cases.shown_scores(trained.result.scores))
    screen.say(use_cases.verdict(trained))


def _forecast_and_plan(question: use_cases.Question, places: _Places, screen: Screen) -> None:
    screen.say("\n4/5 Forecast")
    with screen.progress() as progress:
        made = use_cases.forecast(question, use_cases.DEFAULT_LEVELS, progress, screen.tell)
        write_table(made.forecast.to_frame(), places.forecast)
    screen.table(made.forecast.to_frame().head(5))
    screen.say("\n5/5 Plan the orders")
    with screen.progress() as progress:
        planned = use_cases.plan(question, use_cases.DEFAULT_LEVELS, None, progress, screen.tell)
        write_table(planned.plan.orders, places.plan)
    print_plan(screen, planned.plan, question.dataset.config.currency)


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
