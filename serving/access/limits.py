"""What one service takes on: sizes, rates and work at once, as settings of the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from core.settings import whole_number

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the API; the rate is that of one caller over all worker processes.

    body_bytes: of a request (`FILLRATE_MAX_BODY_BYTES`). upload_bytes: of an upload to a dataset
    (`FILLRATE_MAX_UPLOAD_BYTES`). buffered_bytes: of all bodies that a process holds at once
    (`FILLRATE_MAX_BUFFERED_BYTES`). rate_per_second, burst: requests of a caller (`FILLRATE_RATE_PER_SECOND`,
    `FILLRATE_RATE_BURST`). in_flight: requests that a process works on at once (`FILLRATE_MAX_IN_FLIGHT`).
    workers: processes of the API (`FILLRATE_API_WORKERS`).
    """

    body_bytes: int = 1_048_576
    upload_bytes: int = 67_108_864
    buffered_bytes: int = 268_435_456
    rate_per_second: int = 100
    burst: int = 200
    in_flight: int = 4
    workers: int = 1

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the limits that the environment states; raises ConfigurationError for a value that is none."""
        given = {name: whole_number(environment, variable, getattr(cls(), name), 1) for name, variable in _VARIABLES}
        return cls(**given)


_VARIABLES = (
    ("body_bytes", "FILLRATE_MAX_BODY_BYTES"),
    ("upload_bytes", "FILLRATE_MAX_UPLOAD_BYTES"),
    ("buffered_bytes", "FILLRATE_MAX_BUFFERED_BYTES"),
    ("rate_per_second", "FILLRATE_RATE_PER_SECOND"),
    ("burst", "FILLRATE_RATE_BURST"),
    ("in_flight", "FILLRATE_MAX_IN_FLIGHT"),
    ("workers", "FILLRATE_API_WORKERS"),
)
