"""The kind `backtest`: models scored at rolling origins of a dataset's history, as tables and an HTML page."""

from collections.abc import Mapping
from typing import Any

from serving.access import Scope
from serving.jobs.job_results import FORMATS, job_folder, write_bytes, write_result
from serving.jobs.kinds import JobKind, Queue
from serving.jobs.loading import asked_question
from serving.jobs.run import JobRun

__all__ = ["BACKTEST"]


def _backtest(run: JobRun) -> Mapping[str, Any]:
    made: dict[str, Any] = run.step("backtest", lambda: _judge(run))
    return made


def _judge(run: JobRun) -> dict[str, Any]:
    """Judge, write the files; registers nothing, so that it may be done again."""
    from serving import judging

    asked, facts = asked_question(run), run.request
    levels = facts.get("levels")
    found = judging.backtest(
        asked, facts.get("models") or [], facts["origins"], facts.get("step"), levels, progress=run.progress
    )
    folder = job_folder(run.platform.settings, run.job.tenant, run.job.id)
    formats = list(facts.get("formats") or FORMATS)
    page = judging.backtest_page(asked, found).encode()
    tables = [
        write_result(folder, "scores", found.scores, formats),
        write_result(folder, "differences", found.differences, formats),
        write_bytes(folder, "backtest", {"html": page}),
    ]
    whole = found.scores[(found.scores["origin"] == "all") & (found.scores["segment"] == "all")]
    losses = {str(row.model): float(row.pinball) for row in whole.itertuples()}
    best = min(losses, key=lambda name: losses[name])
    days = sorted({str(item.outcome.origin) for item in found.trials})
    return {
        "dataset": str(facts.get("dataset") or "default"),
        "as_of": str(asked.as_of),
        "horizon": found.horizon,
        "origins": days,
        "pinball": losses,
        "best": best,
        "tables": tables,
    }


BACKTEST = JobKind("backtest", Scope.MODEL_TRAIN, _backtest, Queue.TRAINING)
"""Asked for by POST /v1/jobs/backtest."""
