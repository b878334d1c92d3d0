"""Fillrate's API for Python programs: typed, patient, and every request counts once. Imports none of our rooms.

Needs httpx only. Read first: `client.Client`, `jobs.Job`, `problem.ProblemError`; docs/python_client.md.
"""

from fillrate_client.client import Client
from fillrate_client.jobs import Job
from fillrate_client.problem import JobFailedError, JobTimeoutError, ProblemError, UnreachableError
from fillrate_client.transport import Patience

__all__ = ["Client", "Job", "JobFailedError", "JobTimeoutError", "Patience", "ProblemError", "UnreachableError"]
