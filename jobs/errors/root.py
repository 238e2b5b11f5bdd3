"""The root of all that can go wrong with the work: the docstring is the message."""


class JobError(Exception):
    """Something went wrong with a job."""

    code = "job_error"

    def __str__(self) -> str:
        return super().__str__() or (type(self).__doc__ or "").split("\n", maxsplit=1)[0]


class Unavailable(JobError):
    """The database cannot be reached right now."""

    code = "unavailable"


class NotFound(JobError):
    """There is no such thing, or it is not yours."""

    code = "not_found"
