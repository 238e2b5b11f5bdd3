"""The names of what is listened to: ``user:42`` (alias ``me``), ``job:…``, ``batch:…``, ``org:…``."""

from dataclasses import dataclass
from typing import Literal, cast, get_args

from realtime.caller import Caller
from realtime.errors import UnknownChannel

ChannelKind = Literal["user", "job", "batch", "org"]
MAX_ID = 200


@dataclass(frozen=True, slots=True)
class Channel:
    """One stream of events. User and org channels belong to an org: two orgs' ``user:42`` differ."""

    kind: ChannelKind
    id: str
    org: str = ""

    def __hash__(self) -> int:
        return hash(self.id)  # thousands are looked up at each position check

    @property
    def name(self) -> str:
        """Return the name used on the wire."""
        return f"{self.kind}:{self.id}"

    @property
    def merged(self) -> bool:
        """Return whether the channel has no sequence of its own but those of its parts."""
        return self.kind == "org"

    @property
    def single(self) -> bool:
        """Return whether the channel is about one thing: what was missed of it is told by its state."""
        return self.kind in {"job", "batch"}

    @classmethod
    def parse(cls, name: str, caller: Caller) -> "Channel":
        """Read a wire name as ``caller`` means it.

        Raises UnknownChannel for anything that is not a channel's name.
        """
        if name == "me":
            return cls.user(caller.org, caller.user)
        kind, _, ident = name.partition(":")
        if kind not in get_args(ChannelKind) or not ident or len(ident) > MAX_ID:
            raise UnknownChannel
        if not ident.isprintable():
            raise UnknownChannel
        org = {"user": caller.org, "org": ident}.get(kind, "")
        return cls(cast("ChannelKind", kind), ident, org)

    @classmethod
    def user(cls, org: str, user: str) -> "Channel":
        """Return the channel of all jobs of ``user`` in ``org``."""
        return cls("user", user, org)

    @classmethod
    def job(cls, job_id: object) -> "Channel":
        """Return the channel of one job."""
        return cls("job", str(job_id))

    @classmethod
    def batch(cls, batch_id: object) -> "Channel":
        """Return the channel of one batch."""
        return cls("batch", str(batch_id))

    @classmethod
    def whole_org(cls, org: str) -> "Channel":
        """Return the channel of everything that changes in ``org``."""
        return cls("org", org, org)
