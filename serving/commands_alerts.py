"""`fillrate alerts`: what looks wrong and what to do; `--replay FROM TO`: what would have fired, and was it right."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UsageError
from serving.console import Screen
from serving.options import AsOf, BestEffort, DataFolder, OutFile, Quiet, Seed, asked, parse_day, run_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from monitoring.alert_history import AlertEvent
    from monitoring.notification import NoticeRoute
    from monitoring.rule import Rule
    from serving.alerts.replaying import Replayed
    from serving.alerts.watching import Watched
    from serving.question import Question

__all__ = ["add_to"]

SHOWN = 25

RulesFile = Annotated[
    Path | None,
    typer.Option("--rules", metavar="FILE", help="Rules to add or change (TOML), after DIR/alerts.toml."),
]
Replay = Annotated[
    tuple[str, str] | None,
    typer.Option("--replay", metavar="FROM TO", help="Say what would have fired from day to day, and was it right."),
]
Every = Annotated[int, typer.Option("--every", metavar="DAYS", min=1, help="Days between two replayed days.")]
Keep = Annotated[
    bool,
    typer.Option("--keep/--no-keep", help="Keep alerts and their history in the database of FILLRATE_HOME."),
]
NotifyFile = Annotated[
    Path | None,
    typer.Option(
        "--notify", metavar="FILE", help="Tell what is new by the routes of this TOML file (Apprise addresses)."
    ),
]
ListRules = Annotated[bool, typer.Option("--list-rules", help="Show all rules with their rows and limits, and leave.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of monitoring."""
    app.command("alerts", epilog="Example: fillrate alerts --data my_shop --out alerts.csv")(_alerts)


def _alerts(
    data: DataFolder,
    as_of: AsOf = None,
    rules: RulesFile = None,
    list_rules: ListRules = False,
    replay: Replay = None,
    every: Every = 7,
    out: OutFile = None,
    keep: Keep = True,
    notify: NotifyFile = None,
    best_effort: BestEffort = False,
    seed: Seed = None,
    quiet: Quiet = False,
) -> None:
    """Say what looks wrong, why, what to do about it and what is at stake. Trains first if no champion fits."""
    from serving.alerts.in_force import local_rules
    from serving.ledger_tables import with_local_ledger

    screen = Screen(quiet)
    if notify is not None and not keep:
        raise UsageError("--notify tells what is new since the last look, which --no-keep does not know; leave one out")
    known = local_rules(run_settings(seed), data, rules)
    if list_rules:
        _show_rules(screen, known)
        return
    question = asked(data, as_of, None, best_effort, seed, screen)
    if replay is not None:
        _replay(question, known, replay, every, out, screen)
        return
    _watch(with_local_ledger(question), known, keep, out, notify, screen)


def _watch(
    question: "Question", rules: "tuple[Rule, ...]", keep: bool, out: Path | None, notify: Path | None, screen: Screen
) -> None:
    import os

    from serving.alerts.notices import routes_of
    from serving.alerts.watching import watch
    from serving.files import write_table

    routes = () if notify is None else routes_of(notify, os.environ)
    with screen.progress() as progress:
        seen = watch(question, rules, progress, screen.tell)
    if not seen.view.on_hand[seen.view.on_hand == seen.view.on_hand].size:
        screen.tell("No stock is on record for this day: rules about stock are silent.")
    events = _kept(question, seen, routes) if keep else None
    shown = _flat(seen.firing)
    if out is not None:
        write_table(shown, out)
    _print(screen, shown)
    _say_counts(screen, seen, events)
    if routes:
        _tell(question, routes, screen)


def _kept(question: "Question", seen: "Watched", routes: "Sequence[NoticeRoute]") -> "list[AlertEvent]":
    from serving.alerts.local import local_database, place_of
    from serving.alerts.notices import queue_notices
    from serving.alerts.store import record_day
    from serving.platform import utc_now

    place = place_of(question.dataset.folder)
    with local_database(question.settings) as database, database.transaction() as connection:
        events = record_day(connection, place, seen.alerts, question.as_of)
        queue_notices(connection, place, routes, events, utc_now())
        return events


def _tell(question: "Question", routes: "Sequence[NoticeRoute]", screen: Screen) -> None:
    """Send what is due; what waits for its hour, or failed, goes out with a later run."""
    from serving.alerts.local import local_database, place_of
    from serving.alerts.notices import send_due
    from serving.platform import utc_now

    with local_database(question.settings) as database:
        sent = send_due(database, place_of(question.dataset.folder), routes, utc_now())
    failed = f"; {sent.failed} could not be sent and are tried again" if sent.failed else ""
    screen.say(f"Told {sent.notices} alerts in {sent.messages} messages{failed}")


def _flat(alerts: "pd.DataFrame") -> "pd.DataFrame":
    """Return the alerts as a table of plain columns."""
    import json

    shown = alerts.drop(columns=["fires", "level", "held_level"])
    return shown.assign(evidence=[json.dumps(item, sort_keys=True) for item in shown["evidence"]])


def _print(screen: Screen, alerts: "pd.DataFrame") -> None:
    columns = ["severity", "cause", "subject", "action", "money", "words"]
    screen.table(alerts[columns].head(SHOWN), flexible="words")
    if len(alerts) > SHOWN:
        screen.tell(f"The first {SHOWN} of {len(alerts):,} alerts; --out FILE writes them all")


def _say_counts(screen: Screen, seen: "Watched", events: "list[AlertEvent] | None") -> None:
    from monitoring.rule import SEVERITIES

    counts = seen.firing["severity"].value_counts()
    words = ", ".join(f"{int(counts[name])} {name}" for name in reversed(SEVERITIES) if name in counts) or "none"
    screen.say(f"{len(seen.firing):,} alerts as of {seen.view.as_of} from {len(seen.view.series):,} series: {words}")
    if events is not None:
        kinds: dict[str, int] = {}
        for event in events:
            kinds[event.kind.value] = kinds.get(event.kind.value, 0) + 1
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "nothing changed"
        screen.say(f"Since the last look: {told}")


def _show_rules(screen: Screen, rules: "tuple[Rule, ...]") -> None:
    import pandas as pd

    rows = [
        {
            "rule": rule.id,
            "rows": " ".join(rule.rows),
            "on": "yes" if rule.enabled else "no",
            "fact": f"{rule.fact} {rule.comparison}",
            "limits": ", ".join(f"{name} {limit}" for name, limit in rule.levels),
            "actions": " / ".join(action.do for action in rule.actions),
        }
        for rule in rules
    ]
    screen.table(pd.DataFrame(rows), flexible="actions")


def _replay(
    question: "Question",
    rules: "tuple[Rule, ...]",
    span: tuple[str, str],
    every: int,
    out: Path | None,
    screen: Screen,
) -> None:
    from serving.alerts.replaying import replay
    from serving.files import write_table
    from serving.ledger_tables import with_local_ledger

    start, end = (parse_day(text, "--replay") for text in span)
    if start is None or end is None or end < start:
        raise UsageError(f"--replay {span[0]} {span[1]}: give the earlier day first")
    with screen.progress() as progress:
        found = replay(question, rules, start, end, every, progress, screen.tell, with_local_ledger)
    if out is not None:
        write_table(_flat(found.alerts), out)
    _print_replay(screen, found)


def _print_replay(screen: Screen, found: "Replayed") -> None:
    screen.table(found.rules.round(3), title=f"{len(found.days)} days from {found.days[0]} to {found.days[-1]}")
    stock = found.stock_out
    if stock.cases:
        screen.say(
            f"Stock-outs within the lead time: {stock.cases:,} came, {stock.caught:,} had an alert "
            f"(recall {stock.recall:.0%}); of {stock.judged:,} alerts {stock.right:,} were right "
            f"(precision {stock.precision:.0%})"
        )
    if found.without_stock:
        screen.say(f"On {found.without_stock} of {len(found.days)} days no stock is on record: stock rules were silent")
