"""`fillrate schedule` and `fillrate worker`: what they say, and what they refuse."""

import pytest


def test_a_schedule_is_made_listed_and_deleted(fillrate) -> None:
    made = fillrate(
        "schedule", "create", "nightly", "--kind", "plan", "--cron", "0 2 * * *", "--time-zone", "Asia/Tokyo"
    )
    assert made.code == 0, made.err
    assert "Schedule nightly: plan at '0 2 * * *' (Asia/Tokyo)" in made.out
    assert "02:00:00+09:00" in made.out
    listed = fillrate("schedule", "list")
    assert "nightly" in listed.out
    assert fillrate("schedule", "create", "nightly", "--kind", "plan", "--cron", "0 2 * * *").code == 2
    assert fillrate("schedule", "delete", "nightly").out == "Schedule nightly is deleted\n"
    assert "There is no schedule" in fillrate("schedule", "list").out
    gone = fillrate("schedule", "delete", "nightly")
    assert (gone.code, "no schedule 'nightly'" in gone.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--kind", "cleaning", "--cron", "0 2 * * *"), "no kind of job 'cleaning'"),
        (("--kind", "train", "--cron", "0 2 * * *", "--request", "{"), "is not JSON"),
        (("--kind", "train", "--cron", "0 2 * * *", "--request", '{"horizon": 0}'), "horizon"),
        (("--kind", "plan", "--cron", "0 2 * * *", "--time-zone", "Berlin"), "IANA"),
        (("--kind", "plan", "--cron", "* * * * *"), "the least is 5"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(fillrate, words, why) -> None:
    said = fillrate("schedule", "create", "x", *words)
    assert (said.code, why in said.err) == (2, True), said.err


def test_a_queue_that_is_not_there_is_refused(fillrate) -> None:
    said = fillrate("worker", "--queue", "heavy")
    assert (said.code, "light or training" in said.err) == (2, True)
