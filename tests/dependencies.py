"""`python -m tests.dependencies`: what `make check` says of the libraries that Fillrate stands on.

Without a network: every library that `fillrate[dev]` leads to is pinned in constraints.txt and installed as pinned,
they fit together, and each has a licence that we may use. With one: none has a known vulnerability (pip-audit, asked of
OSV once a day); where the advisory service cannot be reached one line says so, and nothing fails.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
INSTALLERS = {"pip", "setuptools", "wheel"}
AUDIT = ("--no-deps", "--disable-pip", "--vulnerability-service=osv", "--format=json", "--progress-spinner=off")
AUDIT_SECONDS = 120

FREE = re.compile(
    r"\b(Apache|MIT|BSD|0BSD|ISC|PSF|Python Software Foundation|MPL|Mozilla Public|LGPL|Lesser General Public|Zlib|Zope"
    r"|Unlicense|CC0|Public Domain|HPND)",
    re.IGNORECASE,
)
BINDING = re.compile(r"\b(A?GPL|General Public License)", re.IGNORECASE)
LESSER = re.compile(r"LGPL|(GNU )?Lesser General Public License")
BY_HAND: Mapping[str, str] = {
    "huey": "MIT: its LICENSE file; the metadata are silent",
    "skops": "MIT: its LICENSE file; the metadata say 'OSI Approved'",
    "docutils": "public domain and BSD; one editor's mode in its sources, not installed, is otherwise",
}
"""Libraries whose metadata do not say it, looked up by a person."""


def plain(name: str) -> str:
    """Return a library's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> dict[str, str]:
    """Return version by name of a constraints file."""
    rows = [line.split("#")[0].split(";")[0].strip() for line in text.splitlines()]
    return {plain(row.split("==")[0]): row.split("==")[1] for row in rows if "==" in row}


def installed_closure(root: str = "fillrate", extras: frozenset[str] = frozenset({"dev"})) -> dict[str, str]:
    """Return version by name of all that `root` with its extras leads to; "" for what is not installed."""
    found: dict[str, str] = {}
    seen, waiting = set(), [(root, extras)]
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        try:
            facts = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            found[name] = ""
            continue
        found[name] = facts.version
        waiting += list(_needed(facts.requires or [], wanted))
    return {name: version for name, version in found.items() if name not in INSTALLERS | {root}}


def _needed(requirements: list[str], extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for text in requirements:
        need = Requirement(text)
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            yield plain(need.name), frozenset(need.extras)


def unpinned(installed: Mapping[str, str], pinned: Mapping[str, str]) -> list[str]:
    """Return in words what is installed otherwise than it is pinned."""
    said = []
    for name, version in sorted(installed.items()):
        if not version:
            said.append(f"{name} is needed and not installed: run `make setup`")
        elif name not in pinned:
            said.append(f"{name} {version} is not pinned: add {name}=={version} to constraints.txt")
        elif pinned[name] != version:
            said.append(f"{name} is {version}, constraints.txt says {pinned[name]}: run `make setup`")
    return said


def licence_of(name: str) -> str:
    """Return what a library's metadata say of its licence, or what a person found."""
    if name in BY_HAND:
        return BY_HAND[name]
    facts = metadata.metadata(name)
    stated = facts.get("License-Expression")
    classifiers = [item for item in facts.get_all("Classifier") or [] if item.startswith("License ::")]
    return stated or "; ".join(item.split(" :: ")[-1] for item in classifiers) or (facts.get("License") or "")[:200]


def is_free(licence: str) -> bool:
    """Return whether a service may be built on it without having to publish itself.

    >>> is_free("Apache-2.0"), is_free("GNU General Public License v3 (GPLv3)"), is_free("GPL-3.0-only OR MIT")
    (True, False, True)
    """
    choices = re.split(r"\s+OR\s+", licence)
    return any(FREE.search(one) and not BINDING.search(LESSER.sub("", one)) for one in choices)


def audit(words: list[str], stamp: Path, today: date) -> tuple[bool, str]:
    """Return whether nothing is known against the pinned versions, and a line to say; asked once a day and pin."""
    asked = f"{today} {hash_of(CONSTRAINTS)}\n"
    if stamp.exists() and stamp.read_text() == asked:
        return True, "no known vulnerability (asked earlier today)"
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=AUDIT_SECONDS, check=False)
        told = json.loads(done.stdout)["dependencies"]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError):
        return True, "NOT ASKED for known vulnerabilities: the advisory service does not answer"
    known = [f"{one['name']} {one['version']}: {bad['id']}" for one in told for bad in one.get("vulns", ())]
    if known:
        return False, "known vulnerabilities: " + "; ".join(known)
    stamp.write_text(asked)
    return True, f"no known vulnerability in {len(told)} libraries"


def hash_of(path: Path) -> str:
    """Return a file's SHA-256."""
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> int:
    """Look at everything, say one line each, and return 1 where something must be mended."""
    installed = installed_closure()
    wrong = unpinned(installed, pins(CONSTRAINTS.read_text()))
    together = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    if together.returncode:
        wrong += together.stdout.splitlines()
    wrong += [f"{name}: licence {licence_of(name)!r}" for name in sorted(installed) if not is_free(licence_of(name))]
    words = [sys.executable, "-m", "pip_audit", f"--requirement={CONSTRAINTS}", *AUDIT]
    is_clean, said = audit(words, Path(sys.prefix) / ".audited", date.today())
    for line in wrong:
        print(f"dependencies: {line}")
    print(f"dependencies: {len(installed)} libraries, {said}")
    return int(bool(wrong) or not is_clean)


if __name__ == "__main__":
    sys.exit(main())
