"""The front of the verifications: a user asks for a code to an address of theirs, and confirms it."""

from dataclasses import dataclass

from jobs import store
from jobs.acceptance import Acceptance, Submission, new_rows
from jobs.announcer import Announcer
from jobs.codes import Codes
from jobs.db import Database, Statements
from jobs.errors import AlreadyVerified, InvalidArgs, NothingToConfirm, TooMany, WrongCode
from jobs.ids import uuid7
from jobs.kept.verifications import VerificationRow
from jobs.preferences import PreferencesResource, resource
from jobs.settings import JobsSettings
from jobs.store import JobRow, NewJob, PreferencesRow
from jobs.store import verifications as kept
from jobs.store.verifications import VALID, NewVerification
from jobs.verifications.resource import VerificationResource, Way
from jobs.verifications.words import KINDS, args_of, masked
from realtime.caller import Caller

NO_ADDRESS = "Your preferences name no address of this kind."
TAG = "verification"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What came of a code: the preferences it verified an address of, or how many tries are left."""

    preferences: PreferencesRow | None = None
    tries_left: int | None = None


class Verifications:
    """Sends codes by the kinds that deliver, and takes them back."""

    def __init__(
        self, settings: JobsSettings, db: Database, acceptance: Acceptance, announcer: Announcer
    ) -> None:
        self._codes = Codes(settings)
        self._db = db
        self._acceptance = acceptance
        self._announcer = announcer

    async def ask(self, caller: Caller, way: Way) -> VerificationResource:
        """Send a code to the caller's address, in the commit that keeps what it is computed from.

        Raises InvalidArgs without an address, AlreadyVerified, TooMany, UnknownKind.
        """

        async def work(db: Statements) -> tuple[VerificationRow, list[JobRow]]:
            address = await self._address(db, caller, way)
            ident = uuid7()
            job = self._job(caller, way, args_of(way, address, ident))
            new = NewVerification(ident, caller.org, caller.user, way, address, job.id)
            row = await kept.add_verification(db, new)
            return row, new_rows(await store.accept(db, [job]))

        row, jobs = await self._db.in_transaction(work)
        await self._announcer.announce(jobs)
        to = masked(way, row.address)
        return VerificationResource(way=way, to=to, expires_at=row.expires_at, job=jobs[0].id)

    async def confirm(self, caller: Caller, way: Way, code: str) -> PreferencesResource:
        """Take a code back. Raises NothingToConfirm when none is open, WrongCode."""

        async def work(db: Statements) -> Confirmed:
            await kept.hold_preferences(db, caller.org, caller.user)
            row = await kept.open_verification(db, caller.org, caller.user, way)
            if row is None:
                raise NothingToConfirm
            if not self._codes.fits(row, code):
                return Confirmed(tries_left=await kept.note_wrong_code(db, row))
            return Confirmed(await kept.note_right_code(db, row))

        done = await self._db.in_transaction(work)
        if done.tries_left is not None:
            raise WrongCode(done.tries_left)
        if done.preferences is None:
            raise NothingToConfirm
        return resource(done.preferences)

    async def _address(self, db: Statements, caller: Caller, way: Way) -> str:
        """Return where a code goes that may be sent now; nobody else asks meanwhile."""
        wishes = await kept.hold_preferences(db, caller.org, caller.user)
        address = getattr(wishes, way, None)
        if wishes is None or address is None:
            raise InvalidArgs([{"pointer": "/way", "detail": NO_ADDRESS}], NO_ADDRESS)
        if getattr(wishes, f"{way}_verified_at") is not None:
            raise AlreadyVerified
        wait = await kept.code_wait(db, caller.org, caller.user, way, address)
        if wait:
            raise TooMany("Enough codes were sent.", wait.total_seconds(), "too_many_codes")
        return str(address)

    def _job(self, caller: Caller, way: Way, args: dict[str, object]) -> NewJob:
        wanted = Submission(
            KINDS[way], args, tags=(TAG,), notify=False, expires_seconds=VALID.total_seconds()
        )
        return self._acceptance.build(caller, wanted)
