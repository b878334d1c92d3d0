"""The command line: `fillrate COMMAND`; errors are one clear line and a documented exit code."""

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import Annotated

import typer
from typer.exceptions import TyperException

from core.errors import FillrateError, StorageError, UsageError
from serving import (
    commands_alerts,
    commands_backup,
    commands_data,
    commands_features,
    commands_goods,
    commands_health,
    commands_judging,
    commands_keys,
    commands_ledger,
    commands_model,
    commands_money,
    commands_registry,
    commands_service,
    commands_simulate,
)
from serving.console import Screen
from serving.environment import prepare_process, quiet_libraries
from serving.environment import version as installed_version
from serving.jobs import commands as job_commands

__all__ = ["application", "main"]

INTERRUPTED = 130
TERMINATED = 143


def application() -> typer.Typer:
    """Return the command line with all its commands."""
    app = typer.Typer(
        name="fillrate",
        help="Quantile demand forecasts and cost-minimising orders from a folder of plain tables.",
        epilog="Start with: fillrate demo",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    app.callback()(_common)
    commands_service.add_demo(app)
    commands_data.add_to(app)
    commands_features.add_to(app)
    commands_model.add_to(app)
    commands_judging.add_to(app)
    commands_registry.add_to(app)
    commands_simulate.add_to(app)
    commands_money.add_to(app)
    commands_goods.add_to(app)
    commands_ledger.add_to(app)
    commands_alerts.add_to(app)
    commands_health.add_to(app)
    commands_service.add_serve(app)
    commands_keys.add_to(app)
    commands_backup.add_to(app)
    job_commands.add_to(app)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code: the only place where errors become words."""
    prepare_process()
    signal.signal(signal.SIGTERM, _terminate)
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words or bool(os.environ.get("FILLRATE_DEBUG"))
    sys.exit(_run(words, debug))


def _run(words: list[str], debug: bool) -> int:
    try:
        quiet_libraries()
        result = application()(words, standalone_mode=False, prog_name="fillrate")
        code = result if isinstance(result, int) else 0  # how `--help`, or Ctrl-C in a command, ends
        return _interrupted() if code == INTERRUPTED else code
    except TyperException as error:
        return _failed(_words(error), UsageError.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return _interrupted()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except FillrateError as error:
        return _failed(str(error), error.exit_code, debug)
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        return _failed(f"{error.strerror or error}{place}", StorageError.exit_code, debug)
    except Exception as error:
        words_of = f"{type(error).__name__}: {error}".splitlines()[0]
        return _failed(f"unexpected: {words_of} (--debug shows where)", FillrateError.exit_code, debug)


def _failed(message: str, code: int, debug: bool = False) -> int:
    if debug:
        traceback.print_exc()
    Screen().fail(message)
    return code


def _interrupted() -> int:
    return _failed("interrupted; nothing half-written is left", INTERRUPTED)


def _words(error: TyperException) -> str:
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    return message.rstrip(".") + (f"; see {context.command_path} --help" if context is not None else "")


def _terminate(number: int, frame: FrameType | None) -> None:
    # Unwinding the stack removes half-written files, which a plain kill would leave behind.
    raise SystemExit(TERMINATED)


def _version(asked: bool) -> None:
    if asked:
        Screen().say(f"fillrate {installed_version()}")
        raise typer.Exit


def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where an error came from (also FILLRATE_DEBUG=1).")
    ] = False,
) -> None:
    pass


if __name__ == "__main__":
    main()
