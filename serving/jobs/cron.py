"""When a schedule is due: cron expressions of five fields, read in an IANA time zone."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter

from core.errors import UsageError

__all__ = ["LEAST_MINUTES", "check_cron", "check_time_zone", "next_times"]

LEAST_MINUTES = 5
"""The shortest time between two ticks of one schedule."""
LOOKED_AT = 12


def check_cron(cron: str, now: datetime) -> str:
    """Return the expression (minute, hour, day of month, month, day of week), its blanks made single.

    Raises UsageError for one that is none, that never comes, or that comes more often than every LEAST_MINUTES.
    """
    fields = cron.split()
    words = " ".join(fields)
    if len(fields) != 5 or not croniter.is_valid(words):
        raise UsageError(f"cron {cron!r} is not five fields: minute hour day month weekday, such as '0 2 * * *'")
    try:
        times = next_times(words, "UTC", now, LOOKED_AT)
    except Exception:  # croniter raises several kinds for days that no month has; is_valid lets them pass
        raise UsageError(f"cron {cron!r} never comes; check its day and month") from None
    shortest = min((later - earlier).total_seconds() for earlier, later in pairwise(times))
    if shortest < LEAST_MINUTES * 60:
        raise UsageError(f"cron {cron!r} comes every {shortest / 60:g} minutes; the least is {LEAST_MINUTES}")
    return words


def check_time_zone(name: str) -> str:
    """Return the name; raises UsageError for what is no IANA time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"time zone {name!r} is not known; give an IANA name such as Europe/Berlin") from None
    return name


def next_times(cron: str, time_zone: str, after: datetime, count: int) -> list[datetime]:
    """Return the `count` moments (UTC) after `after` at which the expression is due on the zone's clocks.

    Where the clocks go back and show an hour twice, an expression that names its hours is due the first time only; a
    time that the clocks skip is due when they have skipped it.
    """
    ticks = croniter(cron, after.astimezone(ZoneInfo(time_zone)), second_at_beginning=True)
    names_hours = "*" not in cron.split()[-4]
    found: list[datetime] = []
    while len(found) < count:
        moment = ticks.get_next(datetime)
        if not (names_hours and moment.astimezone(UTC).astimezone(ZoneInfo(time_zone)).fold):
            found.append(moment.astimezone(UTC))
    return found
