"""The coverage pages hold what they say: every row of the stock and alert work is there, with a test that exists."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NUMBERED = {"H": 14, "R": 7, "C": 15, "M": 49}
OTHERS = (
    *("O09", "O10", "O11", "O12", "O19", "O20", "O21", "O29", "O30", "O31", "O33"),
    *(f"O{number}" for number in range(36, 53)),
    *("F22", "F26", "F27", "F28", "F31", "F34", "F35"),
)
WANTED = tuple(sorted({f"{part}{n:02d}" for part, last in NUMBERED.items() for n in range(1, last + 1)} | {*OTHERS}))
NOTHING_TO_BUILD = ("C05", "M48")
"""A claim without a method, and what the rules themselves call out of scope: their rows say so in place of a test."""
SHORT = {"edges": "tests/monitoring/test_shipped_rules.py"}


def rows() -> dict[str, list[str]]:
    """Return by row id the last cells of the tables' lines that begin with it: where it is tested."""
    found: dict[str, list[str]] = defaultdict(list)
    for page in sorted((ROOT / "docs" / "coverage").glob("*.md")):
        for line in page.read_text(encoding="utf-8").splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if line.startswith("| ") and len(cells) >= 3:
                for name in ids_of(cells[0]):
                    found[name].append(cells[-1])
    return found


def ids_of(cell: str) -> set[str]:
    """Return the row ids of a cell, ranges (`R03–R07`) written out."""
    names = set(re.findall(r"\b[A-Z]\d{2}\b", cell))
    for part, first, last in re.findall(r"\b([A-Z])(\d{2})–[A-Z]?(\d{2})\b", cell):
        names |= {f"{part}{number:02d}" for number in range(int(first), int(last) + 1)}
    return names


def judged_cell(cell: str, files: dict[str, list[str]], functions: set[str]) -> tuple[list[str], list[str]]:
    """Return the tests that a cell names which exist, and the names of files that do not."""
    there = [path for word, path in SHORT.items() if re.search(rf"\b{word}\b", cell)]
    missing = []
    for name in re.findall(r"`([\w/.:-]+)`", cell):
        file = name.split("::")[0]
        if file.endswith(".py") and not file.startswith("benchmarks/"):
            known = [path for path in files.get(Path(file).name, []) if path.endswith(file)]
            there.extend(known)
            missing.extend([] if known else [file])
        elif name.startswith("test_") and name in functions:
            there.append(name)
    return there, missing


FILES: dict[str, list[str]] = defaultdict(list)
for _path in sorted((ROOT / "tests").rglob("*.py")):
    FILES[_path.name].append(_path.relative_to(ROOT).as_posix())
ROWS = rows()


@pytest.fixture(scope="module")
def functions() -> set[str]:
    """The names of all tests."""
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    return {name for text in texts for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}


@pytest.mark.parametrize("row", WANTED)
def test_a_row_stands_in_the_coverage_with_a_test_that_exists(row, functions) -> None:
    cells = ROWS.get(row, [])
    assert cells, f"{row} is in no table of docs/coverage"
    if row in NOTHING_TO_BUILD:
        assert cells == ["out of scope"]
        return
    judged = [judged_cell(cell, FILES, functions) for cell in cells]
    assert [name for _, missing in judged for name in missing] == [], f"{row} names files that do not exist"
    assert any(there for there, _ in judged), f"{row} has no test: {cells}"


def test_a_name_that_nobody_wrote_is_found_missing(functions) -> None:
    assert judged_cell("`test_alerts.py`, `tests/none/test_gone.py`", FILES, functions)[1] == [
        "tests/none/test_gone.py"
    ]
    assert ids_of("R01, R03–R05, C02") == {"R01", "R03", "R04", "R05", "C02"}
