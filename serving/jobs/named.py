"""What a request for a job names is there when it is asked: a client is told at once, not by a job that fails."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.errors import UnknownChannelError
from inventory.hub.channels import find_channel
from serving.demand.datasets import DEFAULT_DATASET, need_dataset
from serving.jobs.job import JobUnknown
from serving.jobs.records import find_job
from serving.platform import Platform
from serving.problems import ApiProblem

__all__ = ["check_named"]

BRINGS_ITS_NAMES = frozenset({"import", "report"})
"""Kinds of imports: their dataset need not be there yet, and their channel is where the file says goods were sold."""


def check_named(
    platform: Platform, connection: sa.Connection, tenant: str, kind: str, request: Mapping[str, Any], place: str = "#"
) -> None:
    """Raise ApiProblem `dataset.unknown`, `channel.unknown` or `job.unknown` (404), with a pointer below `place`, where
    the tenant has nothing of a name in the request of a job.

    The dataset `default` may be told to the service in other ways; its job says what is wrong with it.
    """
    if kind in BRINGS_ITS_NAMES:
        return
    if (dataset := request.get("dataset")) not in (None, DEFAULT_DATASET):
        try:
            need_dataset(platform, connection, tenant, str(dataset))
        except ApiProblem as problem:
            raise _told(problem, f"{place}/dataset") from None
    try:
        if (channel := request.get("channel")) is not None:
            find_channel(connection, tenant, str(channel))
        if (settings_of := request.get("settings_of")) is not None:
            find_job(connection, tenant, str(settings_of))
    except (UnknownChannelError, JobUnknown) as error:
        name = "channel" if isinstance(error, UnknownChannelError) else "settings_of"
        raise _told(ApiProblem.of(error), f"{place}/{name}") from None


def _told(problem: ApiProblem, pointer: str) -> ApiProblem:
    errors = [{"pointer": pointer, "code": problem.code, "message": problem.detail}]
    return ApiProblem(problem.code, problem.detail, errors)
