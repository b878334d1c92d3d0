"""`fillrate worker` (runs jobs and schedules) and `fillrate schedule create|list|delete`."""

import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UsageError

if TYPE_CHECKING:
    from serving.platform import Platform

__all__ = ["add_to"]

WORKER_EXAMPLES = """
Examples:

  fillrate worker

  fillrate worker --queue training
"""
SCHEDULE_EXAMPLES = """
Examples:

  fillrate schedule create nightly --kind plan --cron "0 2 * * *" --time-zone Europe/Berlin

  fillrate schedule create retrain --kind train --cron "0 3 * * sun" --request '{"promote": true}'
"""


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("worker", epilog=WORKER_EXAMPLES)(_worker)
    group = typer.Typer(help="Jobs that come again and again.", no_args_is_help=True)
    group.command("create", epilog=SCHEDULE_EXAMPLES)(_create)
    group.command("list")(_list)
    group.command("delete", epilog="Example: fillrate schedule delete nightly")(_delete)
    app.add_typer(group, name="schedule")


def _worker(
    queue: Annotated[
        list[str] | None,
        typer.Option("--queue", metavar="NAME", help="light or training; may be repeated. Default: both."),
    ] = None,
) -> None:
    """Run queued jobs until Ctrl-C: forecasts, plans and imports in one process, training in another."""
    from serving.jobs.kinds import Queue
    from serving.jobs.supervisor import Supervisor

    names = queue or [item.value for item in Queue]
    unknown = [name for name in names if name not in [item.value for item in Queue]]
    if unknown:
        raise UsageError(f"--queue {unknown[0]!r} is not known; give light or training")
    with Supervisor([Queue(name) for name in dict.fromkeys(names)]) as supervisor:
        supervisor.wait()


def _create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the schedule is called.")],
    kind: Annotated[str, typer.Option("--kind", help="Kind of job: train, forecast, plan, …")],
    cron: Annotated[str, typer.Option("--cron", help="Five fields: minute hour day month weekday.")],
    time_zone: Annotated[str, typer.Option("--time-zone", help="IANA name of the zone whose clocks count.")] = "UTC",
    request: Annotated[str, typer.Option("--request", metavar="JSON", help="What the job is asked for.")] = "{}",
) -> None:
    """Ask for a job again and again, at the times of a cron expression."""
    from serving.console import Screen
    from serving.jobs.schedules import create_schedule, next_tick

    platform, screen = _platform(), Screen()
    try:
        facts = json.loads(request)
    except ValueError:
        raise UsageError(f"--request {request!r} is not JSON; write it like '{{\"promote\": true}}'") from None
    with platform.database.transaction() as connection:
        made = create_schedule(connection, _LOCAL, name, kind, facts, cron, time_zone, now=platform.clock())
    screen.say(f"Schedule {made.name}: {made.kind} at '{made.cron}' ({made.time_zone})")
    screen.say(f"First due {next_tick(made, platform.clock()).isoformat()}; a running `fillrate worker` does it")


def _list() -> None:
    """List the schedules, when each is due next, and which job it asked for last."""
    import pandas as pd

    from serving.console import Screen
    from serving.jobs.schedules import list_schedules, next_tick

    platform, screen = _platform(), Screen()
    with platform.database.reading() as connection:
        found = list_schedules(connection, _LOCAL.tenant, after="", limit=1000)
    rows = [
        {
            "name": item.name,
            "kind": item.kind,
            "cron": item.cron,
            "time_zone": item.time_zone,
            "next": "paused" if item.paused else next_tick(item, platform.clock()).isoformat(),
            "last_job": item.last_job or "",
        }
        for item in found
    ]
    if not rows:
        screen.say("There is no schedule; `fillrate schedule create --help` shows how to make one")
        return
    screen.table(pd.DataFrame(rows))


def _delete(name: Annotated[str, typer.Argument(metavar="NAME", help="Which schedule.")]) -> None:
    """Delete a schedule; jobs that it asked for stay."""
    from serving.console import Screen
    from serving.jobs.schedules import delete_schedule

    platform = _platform()
    with platform.database.transaction() as connection:
        delete_schedule(connection, _LOCAL.tenant, name)
    Screen().say(f"Schedule {name} is deleted")


class _LOCAL:
    """Whose schedules the command line makes."""

    tenant = "local"
    actor = "command line"


def _platform() -> "Platform":
    """Return the platform that the environment names, its database migrated."""
    from core.migration import migrate
    from serving.platform import Platform

    platform = Platform.of(os.environ)
    migrate(platform.database)
    return platform
