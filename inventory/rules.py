"""Rules that a typed table must obey: bounds, plausible days, Mondays, natural keys, order of dates."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from inventory.breach import Breach
from inventory.schema import LARGEST_NUMBER, STAGES, Column, Kind
from inventory.tables import TypedTable, cell_texts

__all__ = ["DAYS_AHEAD", "OLDEST", "check_table", "key_codes", "newest_plausible", "warn_about"]

OLDEST = np.datetime64("1980-01-01", "D")
YEARS_AHEAD = 5
DAYS_AHEAD = np.timedelta64(YEARS_AHEAD * 366, "D")
MOJIBAKE = "[ÃÂ][\u0080-\u00bf]|â€|ï»¿|\ufffd"

REMEDIES = {
    "units": "record what came back in the table returns; sales are never below 0",
    "in_stock": "write the share of the period it could be bought, 0 to 1 (95 % is 0.95), or true/false",
    "discount": "write the share off the price, 0 to 1 (20 % off is 0.2)",
    "on_hand": "write 0 for an empty shelf",
    "lead_time_days": "write the days from order to sale, 0 or more",
    "minimum_order_quantity": "write a whole number of units, 1 for no minimum",
    "case_pack": "write the whole number of units in a pack, 1 for single units",
}


def check_table(typed: TypedTable, frequency: Frequency, newest: np.datetime64 | None) -> list[Breach]:
    """Return every row rule that `typed` breaks; `newest` is the newest plausible day of the sales."""
    found: list[Breach | None] = []
    for column in typed.table.columns:
        if column.name not in typed.frame:
            continue
        if column.kind in (Kind.NUMBER, Kind.SHARE):
            found.extend(_bounds(typed, column))
        elif column.kind is Kind.DATE:
            found.extend(_plausible(typed, column.name, newest))
    if typed.table.name == "sales" and frequency is Frequency.WEEKLY:
        found.append(_mondays(typed))
    for first, second in typed.table.ordered:
        found.append(_ordered(typed, first, second))
    kept = [breach for breach in found if breach is not None]
    return kept + _repeats(typed, kept)


def newest_plausible(dates: pd.Series) -> np.datetime64 | None:
    """Return the newest day that no gap of over five years separates from the median of `dates`."""
    counts = dates[dates >= pd.Timestamp("1980-01-01")].value_counts().sort_index()
    if counts.empty:
        return None
    days = counts.index.to_numpy().astype("datetime64[D]")
    middle = int(np.searchsorted(np.cumsum(counts.to_numpy()), (counts.sum() + 1) // 2))
    gaps = np.flatnonzero(np.diff(days[middle:]) > DAYS_AHEAD)
    return days[middle + gaps[0]] if len(gaps) else days[-1]


def _breach(
    typed: TypedTable, column: str, rule: str | list[str], remedy: object, bad: npt.NDArray[np.bool_]
) -> Breach | None:
    positions = np.flatnonzero(bad)
    if not len(positions):
        return None
    return Breach(column, rule, remedy, positions, cell_texts(typed, column, positions))  # type: ignore[arg-type]


def _bounds(typed: TypedTable, column: Column) -> list[Breach | None]:
    values = typed.frame[column.name].to_numpy()
    remedy = REMEDIES.get(column.name, "correct the number")
    share = column.high is not None
    found = [_breach(typed, column.name, "is beyond 1e12", "correct the number", np.abs(values) > LARGEST_NUMBER)]
    if share:
        outside = (values < column.low) | (values > column.high)
        return [*found, _breach(typed, column.name, "is outside 0 … 1", remedy, outside)]
    if column.low is not None:
        rule = "is negative" if column.low == 0 else f"is below {column.low:g}"
        found.append(_breach(typed, column.name, rule, remedy, values < column.low))
    if column.whole:
        inside = ~np.isnan(values) & (values >= (column.low or 0)) & (values != np.floor(values))
        found.append(_breach(typed, column.name, "is not a whole number", remedy, inside))
    return found


def _plausible(typed: TypedTable, column: str, newest: np.datetime64 | None) -> list[Breach | None]:
    days = typed.frame[column].to_numpy().astype("datetime64[D]")
    remedy = "correct the year, or leave an optional date empty"
    early = _breach(typed, column, f"is before {OLDEST}", remedy, days < OLDEST)
    if newest is None:
        return [early]
    rule = f"is more than {YEARS_AHEAD} years after the newest plausible sales date, {newest}"
    return [early, _breach(typed, column, rule, remedy, days > newest + DAYS_AHEAD)]


def _mondays(typed: TypedTable) -> Breach | None:
    days = typed.frame["date"].to_numpy().astype("datetime64[D]")
    bad = ~np.isnat(days) & (Frequency.WEEKLY.floor(days) != days)
    return _breach(typed, "date", "is not a Monday in a weekly (W-MON) dataset", _monday_of, bad)


def _monday_of(text: str) -> str:
    monday = Frequency.WEEKLY.floor(np.datetime64(text[:10], "D"))
    return f'name the week by its Monday, {monday}, or set frequency = "D" in dataset.toml'


def _ordered(typed: TypedTable, first: str, second: str) -> Breach | None:
    bad = (typed.frame[second] < typed.frame[first]).to_numpy()
    return _breach(typed, second, f"is before {first}", f"swap or correct {first} and {second}", bad)


def _repeats(typed: TypedTable, broken: list[Breach]) -> list[Breach]:
    """Refuse rows whose natural key an earlier sound row has: exact repeats and contradictions alike."""
    key = [name for name in typed.table.key if name in typed.frame]
    sound = np.ones(len(typed.frame), dtype=bool)
    for breach in (*typed.breaches, *broken):
        sound[breach.positions] = False
    if typed.table.key_needs:
        sound &= typed.frame[typed.table.key_needs].notna().to_numpy()
    codes = key_codes(typed.frame[key], sound)
    repeated = np.zeros(len(sound), dtype=bool)
    repeated[sound] = pd.Series(codes).duplicated().to_numpy()
    positions = np.flatnonzero(repeated)
    if not len(positions):
        return []
    return [_repeat_breach(typed, key, positions, np.flatnonzero(sound), codes)]


def key_codes(keys: pd.DataFrame, sound: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return one number a sound row, equal where all key columns are equal (missing equals missing)."""
    codes = np.zeros(int(sound.sum()), dtype=np.int64)
    for name in keys:
        column, distinct = pd.factorize(
            keys[name].to_numpy()[sound] if keys[name].dtype.kind == "M" else keys[name][sound]
        )
        if len(distinct) and int(codes.max(initial=0)) > 2**62 // (len(distinct) + 2):
            codes = pd.factorize(codes)[0]
        codes = codes * (len(distinct) + 1) + column + 1
    return codes


def _repeat_breach(
    typed: TypedTable,
    key: list[str],
    positions: npt.NDArray[np.int64],
    sound: npt.NDArray[np.int64],
    codes: npt.NDArray[np.int64],
) -> Breach:
    wanted = np.isin(codes, codes[np.searchsorted(sound, positions)])
    first: dict[int, int] = {}
    for position, code in zip(sound[wanted], codes[wanted], strict=True):
        first.setdefault(int(code), int(position))
    named = [name for name in key if name in typed.headers] or key
    rules = []
    for position in positions:
        earlier = first[int(codes[np.searchsorted(sound, position)])]
        same = typed.frame.iloc[earlier].equals(typed.frame.iloc[position])
        row = typed.raw.rows[earlier]
        rules.append(f"repeats row {row}" if same else f"contradicts row {row}: same {_listed(named)}")
    remedy = f"keep one row for each {_listed(named)}, or add the rows up"
    column = named[0]
    return Breach(column, rules, remedy, positions, cell_texts(typed, column, positions))


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def warn_about(tables: Mapping[str, TypedTable], frequency: Frequency) -> list[str]:
    """Return what is odd but not wrong: unknown skus and stages, garbled text, signals off their week's Monday."""
    warnings = [*_unknown_skus(tables), *_unknown_stages(tables), *_garbled(tables)]
    signals = tables.get("signals")
    if signals is not None and frequency is Frequency.WEEKLY:
        days = signals.frame["date"].dropna().to_numpy().astype("datetime64[D]")
        off = int((Frequency.WEEKLY.floor(days) != days).sum())
        if off:
            file = signals.raw.file
            warnings.append(f"{file}: {off:,} rows are not dated on a Monday; they count for the week they lie in")
    return warnings


def _unknown_skus(tables: Mapping[str, TypedTable]) -> list[str]:
    known = {"*"}.union(*(_skus_of(tables[name]) for name in ("sales", "products") if name in tables))
    warnings = []
    for name in ("stock", "open_orders", "supply"):
        unknown = sorted(_skus_of(tables[name]) - known) if name in tables else []
        if unknown:
            shown = ", ".join(unknown[:5]) + (", …" if len(unknown) > 5 else "")
            warnings.append(f"{tables[name].raw.file}: skus without sales or product ({len(unknown):,}): {shown}")
    return warnings


def _unknown_stages(tables: Mapping[str, TypedTable]) -> list[str]:
    orders = tables.get("open_orders")
    if orders is None or "stage" not in orders.frame:
        return []
    unknown = sorted(set(orders.frame["stage"].dropna()) - set(STAGES))
    known = f"known are {', '.join(STAGES)}"
    return [f"{orders.raw.file}: stages that no rule knows: {', '.join(unknown[:5])}; {known}"] if unknown else []


def _skus_of(table: TypedTable) -> set[str]:
    return set(table.frame["sku"].dropna().unique())


def _garbled(tables: Mapping[str, TypedTable]) -> list[str]:
    warnings = []
    for typed in tables.values():
        for name in (column for column, dtype in typed.frame.dtypes.items() if dtype == "str"):
            distinct = pd.Series(typed.frame[name].unique(), dtype="str").dropna()
            garbled = distinct[distinct.str.contains(MOJIBAKE, regex=True)]
            if len(garbled):
                at = int(np.flatnonzero((typed.frame[name] == garbled.iloc[0]).to_numpy())[0])
                place = f"{typed.raw.file}:{typed.raw.rows[at]}: column '{name}'"
                warnings.append(f"{place}: text looks garbled ({garbled.iloc[0]!r}): save the file as UTF-8")
    return warnings
