"""`fillrate demo` (the whole line in one go) and `fillrate serve` (the REST API)."""

import ipaddress
import os
import socket
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from core.errors import UsageError
from core.settings import Settings
from serving.console import Screen
from serving.options import AsOf, DataFolder, Quiet, parse_as_of

__all__ = ["add_demo", "add_serve"]


def add_demo(app: typer.Typer) -> None:
    """Add `fillrate demo`."""
    app.command("demo", epilog="Example: fillrate demo")(_demo)


def add_serve(app: typer.Typer) -> None:
    """Add `fillrate serve`."""
    app.command("serve", epilog="Example: fillrate serve --data my_shop --port 3000")(_serve)


def _demo(quiet: Quiet = False) -> None:
    """Run the straight line on real orders: import, validate, train, forecast, plan."""
    from serving import demo

    demo.run(Settings.from_environment(os.environ), Screen(quiet))


def _serve(
    data: DataFolder,
    as_of: AsOf = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; the default answers this machine only.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 3000,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, max=64, help="Processes that answer. Default: FILLRATE_API_WORKERS, or 1."),
    ] = None,
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Also run the worker of jobs, as `fillrate worker` does.")
    ] = True,
    quiet: Quiet = False,
) -> None:
    """Serve forecasts and plans over REST at /v1. Trains first if no champion fits. Ctrl-C stops."""
    from serving import use_cases
    from serving.backup.home_files import hold_shared
    from serving.jobs.supervisor import Supervisor

    screen = Screen(quiet)
    address = _free_address(host, port)
    settings = Settings.from_environment(os.environ)
    if workers is not None:
        os.environ["FILLRATE_API_WORKERS"] = str(workers)
    _check_callers(host, address)
    dataset = use_cases.open_dataset(data, False, settings, screen.tell)
    question = use_cases.ask(dataset, parse_as_of(as_of), None, settings)
    with screen.progress() as progress:
        champion = use_cases.prepare_service(question, progress, screen.tell)
    _set_environment(settings, data, str(question.as_of), champion.fallback_reason)
    screen.say(f"Serving {data} as of {question.as_of} on http://{address}:{port}/v1 (Ctrl-C stops)")
    with hold_shared(settings.home), Supervisor() if worker else nullcontext():
        _start(address, port)


def _check_callers(host: str, address: str) -> None:
    """Migrate the database; raises UsageError where other machines could call and nobody would be asked who it is."""
    from core.migration import migrate
    from serving.platform import Platform

    platform = Platform.of(os.environ)
    migrate(platform.database)
    is_private = ipaddress.ip_address(address).is_loopback
    if not is_private and platform.tokens is None and platform.keyring.is_open():
        raise UsageError(
            f"--host {host} would answer other machines, and there is no API key yet; make one with "
            "`fillrate keys create --name WORDS --scope forecast:read`, or leave --host out"
        )
    platform.database.close()


def _free_address(host: str, port: int) -> str:
    """Return the address to bind; raises UsageError where something else listens there."""
    try:
        address = socket.gethostbyname(host) if ":" not in host else host
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as error:
        raise UsageError(f"cannot listen on {host} port {port}: {error.strerror}; choose another --port") from None
    return address


def _set_environment(settings: Settings, data: Path, as_of: str, fallback_reason: str) -> None:
    """Tell the worker processes, which inherit nothing else, what to serve."""
    os.environ["FILLRATE_DATA"] = str(data.resolve())
    os.environ["FILLRATE_AS_OF"] = as_of
    os.environ["FILLRATE_FALLBACK_REASON"] = fallback_reason
    os.environ["FILLRATE_HOME"] = str(settings.home)
    os.environ.setdefault("BENTOML_HOME", str(settings.home / "bentoml"))


def _start(host: str, port: int) -> None:
    from serving.service import Fillrate

    Fillrate.serve_http(host=host, port=port)  # type: ignore[attr-defined]
