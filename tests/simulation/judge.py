"""Whether a window went as it must have: each fault in a sentence, none for a good one. Pure computing."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from tests.simulation.ledger import Brief, Entry, Ledger, Message, Owner
from tests.simulation.oracle import Window, days_of, hour_comes, is_quiet, local_day
from tests.simulation.people import Person

CATCH_UP = timedelta(hours=3)
"""What came due so long before the window is made up for at its beginning."""
PACES = ((14, 7), (7, 2))
"""From so many unopened briefs in a row on, there are so many days between two."""
DAILY_CAP = 10
SOON = timedelta(minutes=45)
"""By when a mail is out, though the worker that had it was killed."""
LATEST = timedelta(hours=16)
"""How long before the end an entry must have come, to have been told for sure: quiet hours are shorter."""
TOLD = "brief_completed"
SENT = frozenset({"sent", "queued", "delivered"})
UNKNOWN_END = "unknown_end"


def faults(people: Sequence[Person], ledger: Ledger) -> list[str]:
    """Return everything that is wrong with a window."""
    known = {person.owner: person for person in people}
    return [
        *briefs_are_on_time(people, ledger),
        *mails_went_once(ledger),
        *briefs_were_mailed_once(ledger),
        *entries_were_told_once(known, ledger),
        *texts_were_allowed(known, ledger),
    ]


def briefs_are_on_time(people: Sequence[Person], ledger: Ledger) -> Iterator[str]:
    """Each user has one brief a day, when the clock there first shows their hour."""
    found: dict[Owner, dict[date, list[Brief]]] = defaultdict(lambda: defaultdict(list))
    for brief in ledger.briefs:
        found[brief.owner][brief.day].append(brief)
    for person in people:
        before = ledger.before[person.owner]
        due, mine = expected(person, ledger.window, before), found[person.owner]
        for day in sorted(due.keys() | mine.keys()):
            where = f"{person.owner[1]} in {person.zone} at {person.hour}: {day}"
            yield from brief_is_on_time(where, due.get(day), mine.get(day, []), ledger.window)


def brief_is_on_time(
    where: str, due: datetime | None, briefs: Sequence[Brief], window: Window
) -> Iterator[str]:
    """One day of one person."""
    if due is None:
        yield f"{where}: {len(briefs)} briefs, none was due"
        return
    if len(briefs) != 1:
        yield f"{where}: {len(briefs)} briefs instead of one at {due}"
    step = window.first_step(due)
    for brief in briefs:
        if not step <= brief.at < step + window.step:
            yield f"{where}: brief at {brief.at} instead of {step}"


def expected(person: Person, window: Window, before: int) -> dict[date, datetime]:
    """Return the days a person gets a brief of, and when; ``before`` is how many they had, weeks ago."""
    due: dict[date, datetime] = {}
    for day in days_of(person.zone, window):
        at = hour_comes(person.zone, day, person.hour)
        if at is not None and window.begin - CATCH_UP < at <= window.end:
            due[day] = at
    return due if person.opens != "never" else thinned(due, before)


def thinned(due: dict[date, datetime], before: int) -> dict[date, datetime]:
    """Return those of the days on which somebody is briefed who never opens a brief."""
    kept: dict[date, datetime] = {}
    for day, at in sorted(due.items()):
        gap = next((days for least, days in PACES if before + len(kept) >= least), 1)
        if not kept or (day - max(kept)).days >= gap:
            kept[day] = at
    return kept


def mails_went_once(ledger: Ledger) -> Iterator[str]:
    """What a server was given is what the rows say, once each; who was killed over it says so."""
    arrived = Counter(mail.ident for mail in ledger.mails)
    rows = {email.ident: email for email in ledger.emails}
    yield from (f"mail {ident} came {n} times" for ident, n in arrived.items() if n > 1)
    yield from (f"mail {ident} is in no row" for ident in arrived.keys() - rows.keys())
    unknown = 0
    for ident, email in rows.items():
        if email.state == "failed" and email.error == UNKNOWN_END:
            unknown += 1
        elif (email.state == "sent") != (ident in arrived):
            yield f"mail {ident} to {email.to} is {email.state} ({email.error}), came: {arrived[ident]}"
    if unknown > ledger.kills:
        yield f"{unknown} mails with an unknown end, but {ledger.kills} workers killed"


def briefs_were_mailed_once(ledger: Ledger) -> Iterator[str]:
    """A brief that is to be mailed is, once and soon; no other one is."""
    arrived = {mail.ident: mail.at for mail in ledger.mails}
    rows: dict[UUID, list[Message]] = defaultdict(list)
    for email in ledger.emails:
        if email.brief is not None:
            rows[email.brief].append(email)
    for brief in ledger.briefs:
        mails = rows.pop(brief.id, [])
        if len(mails) != brief.by_email:
            yield f"brief {brief.day} of {brief.owner[1]} has {len(mails)} mails"
        for email in mails:
            at = arrived.get(email.ident)
            if at is not None and at > brief.at + SOON:
                yield f"brief {brief.day} of {brief.owner[1]} was mailed late, at {at}"
    yield from (f"brief {ident} of nobody was mailed" for ident in rows)


def entries_were_told_once(known: dict[Owner, Person], ledger: Ledger) -> Iterator[str]:
    """No entry goes the same way twice; one that nobody has seen goes each way that was wished for."""
    for way, messages in (("e-mail", ledger.emails), ("SMS", ledger.messages)):
        told = Counter(
            (message.owner, entry)
            for message in messages
            if message.state in SENT
            for entry in message.entries
        )
        yield from (
            f"entry {entry} of {owner[1]} went by {way} {n} times"
            for (owner, entry), n in told.items()
            if n > 1
        )
    mailed = {entry for email in ledger.emails for entry in email.entries}
    texted = {entry for message in ledger.messages for entry in message.entries}
    briefs = {brief.id: brief for brief in ledger.briefs}
    for entry in ledger.entries:
        person = known.get(entry.owner)
        if person and entry.name == TOLD and not person.noisy:
            yield from entry_was_told(person, entry, briefs, ledger.window, (mailed, texted))


def entry_was_told(
    person: Person,
    entry: Entry,
    briefs: dict[UUID, Brief],
    window: Window,
    told: tuple[set[UUID], set[UUID]],
) -> Iterator[str]:
    """One entry that tells of a brief."""
    mailed, texted = (entry.id in ids for ids in told)
    brief = briefs.get(entry.job) if entry.job else None
    by_brief = brief is not None and brief.by_email
    may_mail = person.email_opt_in and person.email_verified and not by_brief
    may_text = person.sms_opt_in and person.phone_verified
    seen = entry.read_at is not None
    sure = not seen and entry.at < window.end - LATEST
    for way, did, may in (("e-mail", mailed, may_mail), ("SMS", texted, may_text)):
        if did and (not may or seen):
            yield f"the brief of {person.owner[1]} at {entry.at} was told by {way}, against their will"
        if sure and may and not did:
            yield f"the brief of {person.owner[1]} at {entry.at} was not told by {way}"


def texts_were_allowed(known: dict[Owner, Person], ledger: Ledger) -> Iterator[str]:
    """Texts go to those who want them, outside of their quiet hours, and no more than a day may have."""
    owners = {person.phone: person for person in known.values()}
    a_day: Counter[tuple[str, date]] = Counter()
    rows = Counter(message.ident for message in ledger.messages if message.state in SENT)
    for text in ledger.texts:
        person = owners.get(text.to)
        if person is None or not (person.sms_opt_in and person.phone_verified):
            yield f"a text went to {text.to}, who has not asked for it"
            continue
        if person.quiet and is_quiet(person.zone, *person.quiet, text.at):
            yield f"{person.owner[1]} in {person.zone} got a text in quiet hours, at {text.at}"
        if rows[text.ident] != 1:
            yield f"text {text.ident} to {text.to} is in {rows[text.ident]} rows"
        a_day[text.to, local_day(person.zone, text.at)] += 1
    yield from (f"{to} got {n} texts on {day}" for (to, day), n in a_day.items() if n > DAILY_CAP)
    yield from (
        f"text {ident} never came" for ident in rows.keys() - {t.ident for t in ledger.texts}
    )
