"""docs/erp_night.md stays true: its commands are run against a real service on the demo's data (some minutes)."""

import pytest

from tests.contract.erp_night import DOCUMENT, commands_of, mismatches, refreshed, run, served_demo


@pytest.fixture(scope="module")
def commands():
    return commands_of(DOCUMENT.read_text(encoding="utf-8"))


def test_the_page_goes_from_the_tables_to_the_receipt(commands):
    words = " ".join(one.words for one in commands)
    steps = (
        "tables/sales",
        "jobs/train",
        "jobs/plan",
        "/approve",
        "/export",
        "/confirm",
        "/movements",
        "/close",
        "/audit",
    )
    places = [words.index(step) for step in steps]
    assert places == sorted(places)
    assert sum(bool(one.answer) for one in commands) > 15


def test_an_answer_is_compared_by_its_words_and_by_the_shape_of_the_rest():
    printed = '{"id":"3f9a1c0de2b47586","state":"draft",…"quantity":12}'
    assert refreshed(printed, '{"id":"aaaa1c0de2b47586","state":"draft","x":[1],"quantity":7}') == (
        '{"id":"aaaa1c0de2b47586","state":"draft",…"quantity":7}'
    )
    assert refreshed(printed, '{"id":"aaaa1c0de2b47586","state":"approved","quantity":7}') is None
    assert refreshed(printed, '{"status": 500}') is None
    assert refreshed('"id":"ep_f99c3d401f1b66e161a36165"', '"id":"ep_83ac1e5ab003073dd0091c30"')


def test_a_command_goes_on_over_lines_and_one_that_fails_is_named(tmp_path):
    made = commands_of("```console\n$ cat > x <<'END'\n> $ a\n> END\n$ cat x\n$ a\n```\n```sh\n$ no\n```")
    assert [one.words for one in made] == ["cat > x <<'END'\n$ a\nEND", "cat x", "a"]
    assert run(made[:2], tmp_path, 3000) == ["", "$ a"]
    with pytest.raises(AssertionError, match="ended with 127"):
        run(made, tmp_path, 3000)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_command_of_the_page_answers_as_it_is_printed(commands, tmp_path):
    (tmp_path / "shell").mkdir()
    with served_demo(tmp_path) as port:
        answers = run(commands, tmp_path / "shell", port)
    assert mismatches(commands, answers) == []
