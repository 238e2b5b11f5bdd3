"""Hand a job in, see what it does, take its result: ``python docs/examples/python_sync.py``.

JOBCAST_URL and JOBCAST_TOKEN say where and who; `make run` prints both.
"""

# ruff: noqa: T201 - it prints

from service.client import Jobcast, JobEnded, Logged, Progressed

TEXT = "Call the plumber before Friday!\nProject: Garden, to be ready by May\norder seeds"

with Jobcast() as jobcast:
    args = {"text": TEXT, "auto_accept": True}
    job = jobcast.submit("brain_dump_processing", args, tags=["example"])
    print(f"submitted {job.id}")
    for happening in job.watch():  # ends with the job, through any number of cuts
        match happening:
            case Progressed(fraction, message):
                print(f"{fraction:4.0%} {message}")
            case Logged(message):
                print(f"     {message}")
    try:
        print("result", job.wait(timeout=60))
    except JobEnded as ending:  # JobFailed, JobCancelled, JobExpired
        print("no result:", ending)
