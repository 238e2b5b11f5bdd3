"""What a job may send, and to whom: mail its reader wants, to addresses known to be theirs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from jobs.errors import Discard
from jobs.kept.emails import is_unsubscribed
from jobs.kept.preferences import WishesRow, find_wishes
from jobs.mail.address import Allowed, same
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
    to = to or wishes.email
    if to is None:
        raise Discard("There is nowhere to send it: name an address, or set yours.", "no_address")
    own = same(to, wishes.email) and wishes.email_verified_at is not None
    if not own and to not in allowed:
        raise Discard(f"{to} is no address {OWN}.", code="not_verified")
    if not wanted(about, wishes):
        raise Discard("Your preferences do not ask for such mail any more.", code="opted_out")
    if about is MailingList.OTHER and await is_unsubscribed(session, owner[0], to):
        raise Discard(f"Who reads {to} has unsubscribed.", code="unsubscribed")
    return to, own


def wanted(about: MailingList, wishes: WishesRow) -> bool:
    """Return whether the preferences ask for mail of a list."""
    match about:
        case MailingList.HANDOFF:
            return wishes.email_opt_in
        case MailingList.BRIEF:
            return wishes.brief_email
        case MailingList.OTHER:
            return True
