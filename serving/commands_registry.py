"""`fillrate models | promote | rollback`: which versions there are, and who is champion."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UsageError
from serving.console import Screen
from serving.files import write_table
from serving.options import AsOf, DataFolder, Horizon, OutFile, Quiet, Seed, asked, run_settings

if TYPE_CHECKING:
    from serving.promotion import Promotion
    from training.gate import GateSettings

__all__ = ["REFUSED", "add_to"]

REFUSED = 9
"""Exit code of a promotion that the gate refused: the champion stays."""


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for name, function, example in (
        ("models", _models, "fillrate models --data my_shop"),
        ("promote", _promote, "fillrate promote 7 --data my_shop"),
        ("rollback", _rollback, 'fillrate rollback --data my_shop --reason "orders doubled on Monday"'),
    ):
        app.command(name, epilog=f"Example: {example}")(function)


def _models(
    data: DataFolder,
    card: Annotated[
        str | None,
        typer.Option("--card", metavar="VERSION", help="Print a version's model card: a number, champion, challenger."),
    ] = None,
    out: OutFile = None,
    quiet: Quiet = False,
) -> None:
    """List the registered versions of a dataset's model: rank, scores, recipe, history; or print a model card."""
    from serving.environment import quiet_tracking

    screen = Screen(quiet)
    name, settings = _registered_name(data), run_settings(None)
    from training.versions import artifact_text, find_version, table_of_versions

    with quiet_tracking():
        if card is not None:
            version = find_version(name, settings, card)
            screen.say(artifact_text(version, "evaluation/model_card.md", settings).rstrip())
            return
        table = table_of_versions(name, settings)
    if out is not None:
        write_table(table, out)
    if table.empty:
        screen.say(f"No model is registered as {name}. Next: fillrate train --data {data}")
        return
    shown = table.drop(columns=["run", "wql_of_seasonal_naive"]).rename(columns={"calibration_error": "coverage error"})
    screen.table(shown, title=f"{name}, newest first")


def _promote(
    data: DataFolder,
    version: Annotated[
        str, typer.Argument(metavar="[VERSION]", help="A version's number. Default: the challenger.")
    ] = "challenger",
    as_of: AsOf = None,
    horizon: Horizon = None,
    origins: Annotated[int, typer.Option("--origins", min=1, max=52, help="Past days to judge from.")] = 2,
    force: Annotated[bool, typer.Option("--force", help="Promote though the gate refuses; needs --reason.")] = False,
    reason: Annotated[str, typer.Option("--reason", metavar="WORDS", help="Why; kept with the version.")] = "",
    settings_file: Annotated[
        Path | None, typer.Option("--gate", metavar="FILE", help="JSON of the gate's settings, where not as shipped.")
    ] = None,
    out: OutFile = None,
    seed: Seed = None,
    quiet: Quiet = False,
) -> None:
    """Put a version through the gate against the champion; it becomes champion where it passes."""
    from serving.environment import quiet_tracking

    screen = Screen(quiet)
    if force and not reason:
        raise UsageError("--force needs --reason: whoever reads the registry later wants to know why")
    if reason and not force:
        raise UsageError("--reason goes with --force; leave it out, or force the promotion")
    gate = None if settings_file is None else _gate_settings(settings_file)
    from training.versions import find_version

    with quiet_tracking():  # a misspelt version is told before any table is read
        find_version(_registered_name(data), run_settings(seed), version)
    question = asked(data, as_of, horizon, False, seed, screen)
    from serving.promotion import promote

    with screen.progress() as progress:
        done = promote(
            question, version, origins=origins, reason=reason, gate=gate, progress=progress, tell=screen.tell
        )
    if done.verdict is not None:
        screen.table(done.verdict.table, title=f"Gate: {done.how}", flexible="found")
        if out is not None:
            write_table(done.verdict.table, out)
    screen.say(_told(done, reason))
    if not done.promoted:
        raise typer.Exit(REFUSED)


def _rollback(
    data: DataFolder,
    reason: Annotated[str, typer.Option("--reason", metavar="WORDS", help="Why; kept with the version.")] = "",
    quiet: Quiet = False,
) -> None:
    """Make the former champion champion again; the one taken back never stands in until it is promoted anew."""
    from serving.environment import quiet_tracking
    from training.versions import roll_back

    with quiet_tracking():
        now, fallen = roll_back(_registered_name(data), run_settings(None), reason)
    Screen(quiet).say(f"Version {now.version} (as of {now.as_of}) is champion again; {fallen.version} was taken back")


def _registered_name(data: Path) -> str:
    from serving.facts import dataset_id

    if not data.is_dir():
        raise UsageError(f"--data {data} is not a folder; give the folder that holds sales.csv or sales.parquet")
    return dataset_id(data)


def _told(done: "Promotion", reason: str) -> str:
    who = f"Version {done.version.version}"
    if done.champion is None:
        words = "is champion" if done.promoted else "is not champion: it does not beat the baselines"
        return f"{who} {words}; {done.how}"
    if not done.promoted:
        return f"The gate refuses: version {done.champion.version} stays champion. --force --reason WORDS overrules it"
    passed = done.verdict is not None and done.verdict.passed
    return f"{who} is champion, in place of {done.champion.version}" + ("" if passed else f" (forced: {reason})")


def _gate_settings(path: Path) -> "GateSettings":
    from training.gate import GateSettings
    from training.recipe import filled, read_facts

    return filled(GateSettings(), read_facts(path, "--gate"), f"--gate {path}")
