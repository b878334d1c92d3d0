"""Work that outlives a request: jobs kept in the service's database, run by worker processes, and schedules that
ask for them.

Read first: `asking.request_job`, `kinds.JobKind`, `worker.run_worker`. The API only writes rows; DBOS runs them.
"""
