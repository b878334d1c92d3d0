"""`python -m serving.jobs.worker_process QUEUE`: what the supervisor starts; stops when its stdin ends."""

import logging
import os
import sys

from serving.environment import prepare_process, quiet_libraries

prepare_process()  # before numpy or LightGBM are imported

from serving.jobs.all_kinds import all_kinds  # noqa: E402
from serving.jobs.job_settings import JobSettings  # noqa: E402
from serving.jobs.kinds import Queue  # noqa: E402
from serving.jobs.worker import run_worker  # noqa: E402
from serving.platform import Platform  # noqa: E402

__all__ = ["main"]


def main() -> None:
    """Work off the queue that the first argument names."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    quiet_libraries()
    queue = Queue(sys.argv[1])
    run_worker(Platform.of(os.environ), all_kinds(), JobSettings.from_environment(os.environ), queue, sys.stdin.buffer)


if __name__ == "__main__":
    main()
