"""The kind `train`: train, judge, register, put a challenger through the gate; where it fails the champion stays."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from serving.access import Scope
from serving.jobs.kinds import JobKind, Queue
from serving.jobs.loading import asked_dataset
from serving.jobs.run import JobRun

__all__ = ["TRAIN"]

GATE_ORIGINS = 4
"""Past days at which the gate compares a challenger with the champion."""


def _train(run: JobRun) -> Mapping[str, Any]:
    """Return what was registered: version, rank, whether it beats the baselines, the gate's verdict."""
    trained = run.step("train", lambda: _register(run))
    if not (trained["rank"] == "challenger" and run.request.get("promote")):
        return {**trained, "gate": None}
    gate = run.step("gate", lambda: _pass_gate(run, trained["version"]))
    return {**trained, "rank": "champion" if gate["promoted"] else "challenger", "gate": gate}


def _register(run: JobRun) -> dict[str, Any]:
    from serving import use_cases

    question = _question(run)
    trained = use_cases.train(question, run.progress)
    version = trained.version
    rank = "champion" if version.is_champion else "challenger" if version.is_challenger else "none"
    return {
        "model": version.name,
        "version": str(version.version),
        "rank": rank,
        "as_of": str(question.as_of),
        "horizon": question.horizon,
        "beats_baselines": bool(trained.result.beats_baselines),
        "verdict": use_cases.verdict(trained),
        "run_id": version.run_id,
    }


def _pass_gate(run: JobRun, version: str) -> dict[str, Any]:
    from serving.promotion import promote

    made = promote(_question(run), version, origins=GATE_ORIGINS, progress=run.progress)
    passed = made.verdict is not None and made.verdict.passed
    return {"promoted": made.promoted, "passed": passed, "how": made.how}


def _question(run: JobRun) -> Any:
    """Return what is asked: as far ahead as plans look where the request does not say."""
    from serving import use_cases

    asked = asked_dataset(run)
    dataset = use_cases.open_dataset(asked.folder, False, run.settings, lambda sentence: None)
    horizon = run.request.get("horizon")
    question = use_cases.ask(dataset, asked.as_of, horizon, run.settings)
    return question if horizon else replace(question, horizon=use_cases.model_reach(question))


TRAIN = JobKind("train", Scope.MODEL_TRAIN, _train, Queue.TRAINING)
"""Asked for by POST /v1/jobs/train."""
