"""What answers for each tenant's datasets: the newest version that a registered model fits, else the newest one with a
baseline that says so.
"""

import logging
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import FillrateError, ModelNotFoundError
from core.settings import Settings
from serving.access import LOCAL_TENANT, tenant_settings
from serving.context import ServiceContext
from serving.demand.datasets import DEFAULT_DATASET, kept_versions, need_dataset, register_base
from serving.demand.override_store import active_overrides
from serving.demand.overrides import Planned
from serving.environment import quiet_tracking
from serving.host import Loaded
from serving.platform import Platform
from serving.problems import ApiProblem

if TYPE_CHECKING:
    from serving.demand.datasets import DatasetState

__all__ = ["DatasetContexts", "context_of", "planned_context", "start_contexts"]

logger = logging.getLogger("fillrate.service")

NO_MODEL = "no registered model fits the data yet, a baseline stands in; train one: POST /v1/jobs/train"


class DatasetContexts:
    """Loads contexts from the versions that the database names.

    as_of, fallback_reason: of the folder that the service was started with, which is version 0.
    """

    def __init__(self, platform: Platform, as_of: date | None = None, fallback_reason: str = "") -> None:
        self.platform = platform
        self.as_of = as_of
        self.fallback_reason = fallback_reason

    def stamp(self, tenant: str, dataset: str) -> str:
        """Return version and champion that should answer now; raises ApiProblem `dataset.unknown`."""
        with self.platform.database.reading() as connection:
            state = need_dataset(self.platform, connection, tenant, dataset)
        return f"{state.folder}|{self._champion(state)}"

    def load(self, tenant: str, dataset: str) -> Loaded:
        """Return the context of the newest version that a model fits.

        Where none does, the newest version with a baseline; of a folder of the user's own no baseline stands in that
        nobody asked for: ModelNotFoundError then.
        """
        with self.platform.database.reading() as connection:
            state = need_dataset(self.platform, connection, tenant, dataset)
            candidates = kept_versions(self.platform, connection, state)
        if not candidates:
            raise ModelNotFoundError(f"nothing was uploaded to the dataset {dataset!r} yet")
        refusals: list[FillrateError] = []
        for version, folder in candidates:
            try:
                context = self._load(tenant, version, folder)
            except FillrateError as error:
                refusals.append(error)
                continue
            waits = f"version {candidates[0][0]} waits: {refusals[0]}" if refusals else ""
            return Loaded(context, waits or context.champion.fallback_reason)
        if candidates[0][0] == 0 or not isinstance(refusals[0], ModelNotFoundError):
            raise refusals[0]
        return self._with_baseline(tenant, candidates[0], str(refusals[0]))

    def _with_baseline(self, tenant: str, newest: tuple[int, Path], why: str) -> Loaded:
        context = self._load(tenant, *newest, fallback_reason=f"{NO_MODEL} ({why})")
        return Loaded(context, context.champion.fallback_reason)

    def _load(self, tenant: str, version: int, folder: Path, fallback_reason: str = "") -> ServiceContext:
        from serving.use_cases import load_service

        settings = tenant_settings(self.platform.settings, tenant)
        base = version == 0
        if not base and not fallback_reason and not _may_have_models(settings):
            raise ModelNotFoundError("no model was trained yet")
        reason = fallback_reason or (self.fallback_reason if base else "")
        return load_service(folder, self.as_of if base else None, settings, logger.info, reason, version)

    def _champion(self, state: "DatasetState") -> str:
        """Return the number of the version that is champion, empty where there is none."""
        from training.versions import CHAMPION, find_version

        settings = tenant_settings(self.platform.settings, state.tenant)
        if not _may_have_models(settings):
            return ""
        try:
            with quiet_tracking():
                return find_version(state.model_name, settings, CHAMPION).version
        except ModelNotFoundError:
            return ""


def planned_context(platform: Platform, tenant: str, dataset: str = DEFAULT_DATASET) -> Planned:
    """Return what answers for a tenant's dataset, with the overrides that are in force now.

    Raises ApiProblem `service.not_ready` or `dataset.unknown`.
    """
    context = platform.host.context(tenant, dataset)
    with platform.database.reading() as connection:
        overrides = active_overrides(connection, tenant, dataset, platform.clock())
    return platform.host.overriding.planned(context, overrides)


def context_of(platform: Platform, tenant: str, dataset: str = DEFAULT_DATASET) -> ServiceContext:
    """Return the context of `planned_context`: its forecasts and plans count the overrides in force."""
    return planned_context(platform, tenant, dataset).context


def start_contexts(platform: Platform, environment: Mapping[str, str]) -> None:
    """Answer from the datasets in the database, and from the folder that FILLRATE_DATA names as the local default one.

    Loading goes on in the background; what is wrong with it is told by /readyz.
    """
    from serving.options import parse_as_of

    folder = environment.get("FILLRATE_DATA")
    if folder:
        register_base(platform, Path(folder))
    as_of = parse_as_of(environment.get("FILLRATE_AS_OF") or None)
    platform.host.serve(DatasetContexts(platform, as_of, environment.get("FILLRATE_FALLBACK_REASON", "")))
    try:
        platform.host.nudge(LOCAL_TENANT, DEFAULT_DATASET)
    except ApiProblem:
        platform.host.explain(
            LOCAL_TENANT,
            DEFAULT_DATASET,
            "FILLRATE_DATA is not set; set it to the folder of a dataset, or upload tables to /v1/datasets/default",
        )


def _may_have_models(settings: Settings) -> bool:
    """Return whether the tracking store is there: to make one only to find it empty takes seconds."""
    prefix = "sqlite:///"
    if not settings.tracking_uri.startswith(prefix):
        return True
    return Path(settings.tracking_uri.removeprefix(prefix)).is_file()
