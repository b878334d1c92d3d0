"""What jobs about alerts begin with: the asked dataset's context, its facts and its alerts as of the asked day."""

from dataclasses import dataclass

from serving.alerts.in_force import rules_in_force
from serving.alerts.store import Place
from serving.alerts.watching import Watched, watch
from serving.context import ServiceContext
from serving.demand.datasets import need_dataset
from serving.jobs.loading import AskedDataset, asked_dataset, context_of
from serving.jobs.run import JobRun
from serving.ledger_tables import question_from_ledger
from serving.question import ask

__all__ = ["JobWatch", "watched_by_job"]


@dataclass(frozen=True, slots=True)
class JobWatch:
    """The dataset that a job asks about, where its alerts are kept, what answers for it, what was seen, and sentences
    told on the way.
    """

    asked: AskedDataset
    place: Place
    context: ServiceContext
    seen: Watched
    told: list[str]


def watched_by_job(run: JobRun) -> JobWatch:
    """Return facts and alerts of the job's dataset, by the rules in force for its tenant; its stock from the tenant's
    ledger where the dataset says so.
    """
    told: list[str] = []
    asked = asked_dataset(run)
    context = context_of(run, asked, told.append)
    question = ask(context.dataset, context.freshness.as_of, None, run.settings)
    with run.database.reading() as connection:
        question = question_from_ledger(question, connection, run.job.tenant)
        model_name = need_dataset(run.platform, connection, run.job.tenant, asked.name).model_name
        place = Place(run.job.tenant, model_name)
        rules, _ = rules_in_force(connection, place, context.dataset.folder)
    seen = watch(question, rules, run.progress, told.append, context.champion)
    return JobWatch(asked, place, context, seen, told)
