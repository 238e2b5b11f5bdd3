"""What a job may send, and to whom: mail its reader wants, to addresses known to be theirs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from jobs.errors import Discard
from jobs.kept.emails import is_unsubscribed
from jobs.kept.preferences import WishesRow, find_wishes
from jobs.kept.verifications import VerificationRow, find_verification
from jobs.mail.address import Allowed, ascii_address, same
from jobs.mail.lists import MailingList

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

OWN = "of yours, verified: add one in your preferences, or ask the operator for MAIL_ALLOW"


@dataclass(frozen=True, slots=True)
class Order:
    """A mail that may be sent. ``own``: it goes to its user's own, verified address."""

    to: str
    own: bool
    list: MailingList | None
    subject: str
    text: str
    brief_id: UUID | None = None


async def permitted(
    session: "AsyncSession",
    owner: tuple[str, str],
    to: str | None,
    about: MailingList,
    allowed: Allowed,
) -> tuple[str, bool]:
    """Return where mail of a list may go, and whether that is its user's own address.

    Raises Discard: ``no_address``, ``not_verified``, ``opted_out`` (by the preferences) or
    ``unsubscribed`` (by the reader, of other mails).
    """
    wishes = await find_wishes(session, *owner)
    to = to or own_address(wishes)
    own = same(to, wishes.email) and wishes.email_verified_at is not None
    if not own and to not in allowed:
        raise Discard(f"{to} is no address {OWN}.", code="not_verified")
    if not wanted(about, wishes):
        raise Discard("Your preferences do not ask for such mail any more.", code="opted_out")
    if about is MailingList.OTHER and await is_unsubscribed(session, owner[0], to):
        raise Discard(f"Who reads {to} has unsubscribed.", code="unsubscribed")
    return to, own


def own_address(wishes: WishesRow) -> str:
    """Return the user's address. Raises Discard (``no_address``) when there is none that can be mailed."""
    try:
        return ascii_address(wishes.email or "")
    except ValueError as error:
        told = "There is nowhere to send it: name an address, or set yours in your preferences."
        raise Discard(told, "no_address") from error


def wanted(about: MailingList, wishes: WishesRow) -> bool:
    """Return whether the preferences ask for mail of a list."""
    match about:
        case MailingList.HANDOFF:
            return wishes.email_opt_in
        case MailingList.BRIEF:
            return wishes.brief_email
        case MailingList.OTHER:
            return True


async def asked_for(
    session: "AsyncSession", owner: tuple[str, str], ident: UUID, to: str | None
) -> VerificationRow:
    """Return what a mail with a code is to verify: only there, and only while it counts.

    Raises Discard: ``not_found``, ``expired``, or ``wrong_address`` when ``to`` is another one.
    """
    row = await find_verification(session, *owner, ident)
    if row is None or row.way != "email":
        raise Discard("Nobody asked for such a code.", code="not_found")
    if row.expired or row.used_at is not None:
        raise Discard("The code does not count any more.", code="expired")
    if to is not None and not same(to, ascii_address(row.address)):
        raise Discard("The code is for another address.", code="wrong_address")
    return row
