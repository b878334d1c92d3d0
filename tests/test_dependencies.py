"""The check of libraries: what it lets pass and what not; a silent advisory service passes, an advisory does not."""

import json
import sys
from datetime import date

import pytest

from tests import dependencies
from tests.dependencies import CONSTRAINTS, audit, installed_closure, is_free, licence_of, pins, unpinned

TODAY = date(2026, 12, 1)


def saying(text: str, code: int = 0) -> list[str]:
    """A real process that stands for pip-audit."""
    return [sys.executable, "-c", f"import sys; print({text!r}); sys.exit({code})"]


def told(*vulnerabilities: str) -> str:
    vulns = [{"id": one} for one in vulnerabilities]
    return json.dumps({"dependencies": [{"name": "thing", "version": "1.0", "vulns": vulns}]})


def test_every_library_is_pinned_as_it_is_installed():
    installed = installed_closure()
    assert {"fastapi", "sqlalchemy", "pytest", "psycopg-binary", "click"} <= set(installed)
    assert unpinned(installed, pins(CONSTRAINTS.read_text())) == []


def test_what_is_missing_unpinned_or_otherwise_is_named():
    assert unpinned({"a": "1", "b": "2", "c": "", "d": "4"}, pins("# x\nA==1  # why\nb == 3\nC==1\n")) != []
    said = unpinned({"a": "1", "b": "2", "c": "", "d": "4"}, pins("A==1 # why\nb==3\nC==1\n"))
    assert [line.split()[0] for line in said] == ["b", "c", "d"]
    assert "add d==4" in said[2]


def test_every_licence_lets_us_and_a_binding_one_does_not():
    assert [name for name in installed_closure() if not is_free(licence_of(name))] == []
    for bad in ("GPL-3.0-only", "AGPL-3.0-or-later", "GNU Affero General Public License v3", "", "Proprietary"):
        assert not is_free(bad), bad
    for good in ("LGPL-3.0-only", "GPL-2.0-only OR Apache-2.0", "BSD-3-Clause", "MIT AND PSF-2.0"):
        assert is_free(good), good


def test_a_vulnerability_fails_and_is_asked_for_again(tmp_path):
    is_clean, said = audit(saying(told("GHSA-1", "CVE-2"), code=1), tmp_path / "stamp", TODAY)
    assert not is_clean
    assert "thing 1.0: GHSA-1; thing 1.0: CVE-2" in said
    assert not (tmp_path / "stamp").exists()


@pytest.mark.parametrize("words", [saying("no connection", code=1), saying(""), ["/no/such/program"], saying("{}")])
def test_a_silent_advisory_service_fails_nothing_and_is_said_in_one_line(tmp_path, words):
    is_clean, said = audit(words, tmp_path / "stamp", TODAY)
    assert is_clean
    assert said.startswith("NOT ASKED")
    assert "\n" not in said
    assert not (tmp_path / "stamp").exists()


def test_a_slow_advisory_service_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(dependencies, "AUDIT_SECONDS", 0.2)
    assert audit([sys.executable, "-c", "import time; time.sleep(30)"], tmp_path / "stamp", TODAY)[0]


def test_a_clean_answer_counts_for_the_day_and_the_pins(tmp_path):
    stamp = tmp_path / "stamp"
    assert audit(saying(told()), stamp, TODAY) == (True, "no known vulnerability in 1 libraries")
    assert audit(saying(told("GHSA-1"), 1), stamp, TODAY)[0]
    assert not audit(saying(told("GHSA-1"), 1), stamp, date(2026, 12, 2))[0]
