"""What the audit log keeps of a schedule that was put or changed."""

from jobs.audit import Action, Deed
from jobs.store.schedules import CHANGED, ScheduleRow

MOVING = frozenset({"anchor_at", "next_at"})


def deed_of(before: ScheduleRow | None, after: ScheduleRow) -> Deed | None:
    """Return what was done: made, paused, resumed, or changed in which fields; None for nothing."""
    subject = f"schedule:{after.key}"
    if before is None:
        return Deed("schedule.create", subject, {"kind": after.kind, "when": when(after)})
    changed = [n for n in CHANGED if n not in MOVING and getattr(before, n) != getattr(after, n)]
    if not changed:
        return None
    if changed == ["paused"]:
        action: Action = "schedule.pause" if after.paused else "schedule.resume"
        return Deed(action, subject, {"kind": after.kind})
    return Deed("schedule.change", subject, {"kind": after.kind, "changed": changed})


def when(row: ScheduleRow) -> str:
    """Return when it fires, as its owner wrote it."""
    if row.cron is not None:
        return f"{row.cron} ({row.timezone})"
    return f"every {row.every_seconds:g} s" if row.every_seconds else f"at {row.at}"
