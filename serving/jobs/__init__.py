"""Work that outlives a request: jobs kept in the service's database, run by a worker process, and schedules that ask for
them.

Read first: `asking.request_job`, `kinds.JobKind`, `worker.run_worker`. The API only writes rows; DBOS runs them.
"""
