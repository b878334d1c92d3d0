"""Training settings as a file: written by tuning, read by training, told apart by a digest."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from core.errors import UsageError
from training.boosted import TrainingSettings

__all__ = ["facts_of", "filled", "read_facts", "read_settings", "recipe_digest", "settings_of"]

OF_THE_RUN = ("threads", "seed")
"""Settings that say how a run goes, and not what is fitted: they come from the environment."""

Node = TypeVar("Node")


def facts_of(settings: TrainingSettings) -> dict[str, Any]:
    """Return the settings as plain values, without those of the run."""
    return {name: value for name, value in asdict(settings).items() if name not in OF_THE_RUN}


def recipe_digest(settings: TrainingSettings) -> str:
    """Return eight letters that are equal for settings that fit the same model to the same history."""
    text = json.dumps(facts_of(settings), sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def settings_of(facts: Mapping[str, Any], base: TrainingSettings, place: str) -> TrainingSettings:
    """Return `base` with the values of `facts`; `place` names them in errors.

    Raises UsageError, naming the key, for one that is no setting or whose value is of another kind.
    """
    known = {name: value for name, value in facts.items() if name not in OF_THE_RUN}
    return filled(base, known, place)


def read_settings(path: Path, base: TrainingSettings) -> TrainingSettings:
    """Return `base` with the settings of a JSON file: those of `fillrate tune`, or any part of them by hand.

    The file is one object of settings, or holds one under `settings`. Raises UsageError for anything else.
    """
    return settings_of(read_facts(path, "--settings"), base, f"--settings {path}")


def read_facts(path: Path, option: str) -> Mapping[str, Any]:
    """Return the object of settings in a JSON file; raises UsageError, naming the option, where there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{option} {path} cannot be read ({error.strerror}); give a file of settings") from None
    except ValueError as error:
        raise UsageError(f"{option} {path} is not JSON ({error}); give an object of settings") from None
    facts = found.get("settings", found) if isinstance(found, dict) else found
    if not isinstance(facts, dict):
        raise UsageError(f'{option} {path} holds no object of settings; write it like {{"name": value}}')
    return facts


def filled(node: Node, facts: Mapping[str, Any], place: str, prefix: str = "") -> Node:
    """Return a dataclass of settings with the values of `facts`; raises as `settings_of` does."""
    names = {item.name for item in fields(node) if item.name not in OF_THE_RUN}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for name, value in facts.items():
        if name not in names:
            raise UsageError(f"{place}: {prefix}{name} is no setting; known ones are {', '.join(sorted(names))}")
        now = getattr(node, name)
        if is_dataclass(now) and not isinstance(now, type) and isinstance(value, Mapping):
            values[name] = filled(now, value, place, f"{prefix}{name}.")
        else:
            values[name] = _checked(now, value, f"{place}: {prefix}{name}")
    return replace(node, **values)  # type: ignore[type-var]


def _checked(now: Any, value: Any, place: str) -> Any:
    """Return the value in the kind of the present one; raises UsageError where it cannot be."""
    if now is None or (isinstance(value, type(now)) and isinstance(value, bool) == isinstance(now, bool)):
        return value
    if isinstance(now, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(now, tuple) and isinstance(value, list):
        return tuple(value)
    raise UsageError(f"{place} is {value!r}; write it like {now!r}")
