"""Who may be sent a text: the owner who wants it, at a verified number; others if the operator says so."""

from collections.abc import Collection

from jobs.errors import Discard
from jobs.kept.preferences import WishesRow
from jobs.texting.numbers import is_listed


def check_recipient(to: str, wishes: WishesRow, allowed: Collection[str]) -> None:
    """Raise Discard unless ``to`` may be sent a text now.

    The owner's own number needs their consent (``no_consent``) and to be verified; another one, and an
    own one that is not verified, has to be ``allowed`` by the operator (``not_verified``).
    """
    own = to == wishes.phone
    if own and not wishes.sms_opt_in:
        raise Discard("The owner's preferences do not allow texts.", code="no_consent")
    verified = own and wishes.phone_verified_at is not None
    if not verified and not is_listed(to, allowed):
        raise Discard("The number is not the owner's verified one.", code="not_verified")
