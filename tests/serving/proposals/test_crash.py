"""Killed in the middle, or with any database call failing: what was acknowledged stays, nothing is ordered twice."""

import contextlib
import json
import os
import random
import select
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from core.database import METADATA, Database
from tests.serving.proposals.desk import Desk, suggestion

SKUS = [f"S{number:02d}" for number in range(10)]
STEPS = ("approve", "draft", "export")


def send(desk: Desk, step: str, name: str, draft: str) -> dict:
    """Do one step of one proposal as an ERP does: with a key that says which, the same at every try."""
    if step == "approve":
        answer = desk.post(f"/proposals/{name}/approve", {}, 1, key=f"approve-{name}")
    elif step == "draft":
        answer = desk.post("/purchase-order-drafts", {"proposal_ids": [name]}, key=f"draft-{name}")
    else:
        path = f"/purchase-order-drafts/{draft}/export"
        answer = desk.post(path, {"format": "csv"}, 1, key=f"export-{name}")
    return {"status": answer.status_code, **answer.json()}


def next_step(acknowledged: list[dict], names: list[str]) -> tuple[str, str, str] | None:
    """Return what an ERP that has heard so far asks next."""
    done = {(item["step"], item["name"]): item for item in acknowledged}
    for name in names:
        for step in STEPS:
            if (step, name) not in done:
                return step, name, done.get(("draft", name), {}).get("draft", "")
    return None


def heard(answer: dict, step: str, name: str) -> dict:
    told = {"step": step, "name": name, "status": answer["status"], "sha256": answer.get("sha256")}
    return {**told, "draft": answer["items"][0]["draft_id"] if step == "draft" else ""}


def work(desk: Desk, url: str, names: list[str], acknowledged: list[dict], pipe: int) -> None:
    """Be the service in a process of its own: do step after step, and tell each answer through the pipe."""
    desk.platform.database = Database.of(url)
    while (asked := next_step(acknowledged, names)) is not None:
        step, name, draft = asked
        told = heard(send(desk, step, name, draft), step, name)
        acknowledged.append(told)
        os.write(pipe, (json.dumps(told) + "\n").encode())


def run_and_kill(desk: Desk, url: str, names: list[str], acknowledged: list[dict], seconds: float) -> list[dict]:
    """Let a process work for some time, kill it, and return what it acknowledged."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os.close(reading)
            work(desk, url, names, list(acknowledged), writing)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        if seconds:
            ready, _, _ = select.select([pipe], [], [], 20.0)  # its first answer: from then on the clock runs
            assert ready
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
        lines = pipe.read().splitlines()
    os.waitpid(child, 0)
    return [json.loads(line) for line in lines]


def dump(database: Database, *without: str) -> dict[str, list]:
    """Return all rows of all tables."""
    with database.reading() as connection:
        found = {
            table.name: sorted(map(tuple, connection.execute(sa.select(table)).all()), key=repr)
            for table in METADATA.sorted_tables
            if table.name not in without and sa.inspect(connection).has_table(table.name)
        }
    return {name: rows for name, rows in found.items() if rows}


def check_orders(desk: Desk, names: list[str], acknowledged: list[dict]) -> None:
    """Hold that each proposal was ordered once and that every acknowledged file is there as it was acknowledged."""
    assert {item["status"] for item in acknowledged} <= {200, 201}
    drafts = desk.get("/purchase-order-drafts", limit=500)["items"]
    assert sorted(line["proposal_id"] for draft in drafts for line in draft["lines"]) == sorted(names)
    assert {draft["state"] for draft in drafts} == {"exported"}
    assert set(desk.proposals(state="exported")) == {f"{sku}" for sku in desk.proposals()}
    hashes = {item["name"]: item["sha256"] for item in acknowledged if item["step"] == "export"}
    for draft in drafts:
        path = f"/purchase-order-drafts/{draft['draft_id']}/export"
        assert desk.post(path, {"format": "csv"}).json()["sha256"] == hashes[draft["lines"][0]["proposal_id"]]
    for action, count in (("proposal.approve", len(names)), ("purchase_order.export", len(names))):
        assert len(desk.get("/audit", action=action, limit=500)["items"]) == count


def killed_again_and_again(database: Database, home: Path, rounds: int) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    desk = Desk(home, database)
    names = desk.store(*(suggestion(f"S{number:03d}") for number in range(rounds))).created
    database.close()
    draw, acknowledged = random.Random(7), []
    for _ in range(rounds):
        if next_step(acknowledged, names) is None:
            break
        acknowledged += run_and_kill(desk, url, names, acknowledged, draw.uniform(0.001, 0.05))
    acknowledged += run_and_kill(desk, url, names, acknowledged, 0.0)
    assert next_step(acknowledged, names) is None
    check_orders(Desk(home, Database.of(url)), names, acknowledged)


def test_killed_at_random_points_nothing_acknowledged_is_lost_and_nothing_is_ordered_twice(sqlite_database, tmp_path):
    killed_again_and_again(sqlite_database, tmp_path / "home", rounds=20)


@pytest.mark.slow
def test_killed_two_hundred_times(database, tmp_path):
    killed_again_and_again(database, tmp_path / "home", rounds=200)


class Failing:
    """Lets the n-th call to the database fail: a statement, or a commit."""

    def __init__(self, database: Database, number: int) -> None:
        self.left, self.failed, self.engine = number, False, database.engine
        event.listen(self.engine, "before_cursor_execute", self.statement)
        event.listen(self.engine, "commit", self.count)

    def stop(self) -> None:
        event.remove(self.engine, "before_cursor_execute", self.statement)
        event.remove(self.engine, "commit", self.count)

    def statement(self, connection, cursor, statement, parameters, context, executemany) -> None:
        self.count(connection)

    def count(self, connection) -> None:
        self.left -= 1
        if self.left == 0:
            self.failed = True
            raise sa.exc.OperationalError("the n-th call", None, OSError("disk I/O error"))


def approve_and_export(desk: Desk, names: list[str]) -> list[dict]:
    """Approve, draft and export; repeat whatever fails with the same key, as an ERP does."""
    acknowledged: list[dict] = []
    tries = 0
    while (asked := next_step(acknowledged, names)) is not None:
        answer = send(desk, asked[0], asked[1], asked[2])
        if answer["status"] < 300:
            acknowledged.append(heard(answer, asked[0], asked[1]))
        else:
            assert answer["status"] in (500, 503), answer
            tries += 1
            assert tries < 3
    return acknowledged


def copies_of(database: Database, tmp_path: Path) -> Iterator[Database]:
    """Yield the database as it is now, again and again, each time a copy of its own in the same place."""
    database.close()
    of_file = database.engine.url.get_backend_name() == "sqlite"
    yield from (files_of if of_file else servers_copies_of)(database.engine.url, tmp_path)


def files_of(url: sa.URL, tmp_path: Path) -> Iterator[Database]:
    copy = Database.of(f"sqlite:///{tmp_path / 'copy.db'}")
    while True:
        for path in tmp_path.glob("copy.db*"):
            path.unlink()
        shutil.copy(Path(url.database or ""), tmp_path / "copy.db")
        yield copy
        copy.close()


def servers_copies_of(url: sa.URL, tmp_path: Path) -> Iterator[Database]:
    server = sa.create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    name = f"{url.database}_copy"
    copy = Database.of(url.set(database=name).render_as_string(hide_password=False))
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    try:
        while True:
            with server.connect() as connection:
                connection.exec_driver_sql(drop)
                connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{url.database}"')
            yield copy
            copy.close()
    finally:
        copy.close()
        with server.connect() as connection:
            connection.exec_driver_sql(drop)
        server.dispose()


def fail_at_every_call(database: Database, tmp_path: Path) -> None:
    names = Desk(tmp_path / "home", database).store(suggestion("A")).created
    copies = copies_of(database, tmp_path)
    copy = next(copies)
    desk = Desk(tmp_path / "home", copy)

    def outcome(number: int) -> tuple[bool, dict, list]:
        failing = Failing(copy, number)
        acknowledged = approve_and_export(desk, names)
        failing.stop()
        check_orders(desk, names, acknowledged)
        rows = dump(copy, "idempotency_keys")
        next(copies)
        return failing.failed, rows, acknowledged

    _, expected, heard_then = outcome(0)
    number, failed = 0, True
    while failed:
        number += 1
        failed, rows, heard_now = outcome(number)
        assert heard_now == heard_then
        for table in expected:
            assert without_run_facts(rows[table]) == without_run_facts(expected[table]), (number, table)
    assert number > 30, "the path has more calls than that"
    copies.close()


def test_with_the_nth_database_call_failing_for_every_n_the_end_is_the_same(sqlite_database, tmp_path):
    fail_at_every_call(sqlite_database, tmp_path)


@pytest.mark.slow
def test_with_the_nth_call_of_postgresql_failing_for_every_n_the_end_is_the_same(postgres_database, tmp_path):
    fail_at_every_call(postgres_database, tmp_path)


def without_run_facts(rows: list) -> list:
    """Return the rows without request ids and surrogate numbers, which differ from try to try."""
    return [tuple(value for value in row if not isinstance(value, int) or isinstance(value, bool))[:-1] for row in rows]
