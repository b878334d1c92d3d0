"""A dataset's configuration over REST: dataset.toml's keys, checked by the same rules, as a version of its own."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from core.errors import ConfigurationError
from inventory.configuration import checked_configuration, configuration_text
from serving.access import Caller
from serving.audit import record
from serving.demand.datasets import add_version, check_dataset_name, dataset_state, next_version, store_of
from serving.demand.version_store import CONFIGURATION, Contents, stored_rows
from serving.facts import dataset_id
from serving.once import Answer, run_once
from serving.platform import Platform
from serving.problems import ApiProblem

__all__ = ["change_settings", "settings_shown"]


def settings_shown(folder: Path) -> dict[str, Any]:
    """Return what dataset.toml says, as it stands."""
    path = folder / CONFIGURATION
    return tomllib.loads(path.read_text(encoding="utf-8-sig")) if path.is_file() else {}


def change_settings(
    request: Request, platform: Platform, caller: Caller, dataset: str, wanted: Mapping[str, Any]
) -> Response:
    """Make `wanted` the dataset's configuration and answer with the dataset; one that is not there is made.

    Raises ApiProblem `request.invalid` for a key or value that dataset.toml would not have, `dataset.busy` where an
    upload came in between.
    """
    try:
        checked_configuration(wanted)
    except ConfigurationError as error:
        message = str(error).removeprefix(f"{CONFIGURATION}: ")
        place = "#/" + message.split(" ")[0].replace(".", "/")
        details = [{"pointer": place, "code": "configuration", "message": message}]
        raise ApiProblem("request.invalid", f"{place}: {message}", details) from None
    with platform.database.reading() as connection:
        state = dataset_state(platform, connection, caller.tenant, check_dataset_name(dataset))
        number = next_version(connection, caller.tenant, dataset)
    store = store_of(platform, caller.tenant, dataset)
    name = state.model_name if state else f"{caller.tenant}-{dataset_id(store.folder.parent)}"
    before = state.folder if state else None
    folder = store.write(number, before, Contents({}, configuration_text(wanted)), name)
    base = state.version if state else None

    def effect(connection: Any) -> Answer:
        now = dataset_state(platform, connection, caller.tenant, dataset, lock=True)
        if (now.version if now else None) != base:
            raise ApiProblem("dataset.busy", "An upload came first; send it again.", headers={"Retry-After": "1"})
        add_version(connection, caller, dataset, number, folder, name, stored_rows(before), platform.clock())
        record(connection, caller, "dataset.configure", f"/v1/datasets/{dataset}", {"settings": dict(wanted)})
        return Answer(200, {"dataset": dataset, "version": number, "settings": dict(wanted)})

    try:
        return run_once(request, caller, effect)
    except BaseException:  # whatever ended it, an interrupt too: no folder may stay that no version names
        store.drop(folder)
        raise
