"""Every kind of event that the log knows, as a table: its word, how much it matters, what it means, what it tells."""

from collections.abc import Mapping
from typing import NamedTuple


class Event(NamedTuple):
    """``level`` is one of ``[logs]``, ``means`` says when it is written, ``keys`` what it tells besides the usual."""

    level: str
    means: str
    keys: tuple[str, ...] = ()


_CHILD = ("seconds", "cpu_seconds", "peak_bytes", "ended", "exit_code")

EVENTS: Mapping[str, Event] = {
    "said": Event("info", "Anything else, in words."),
    "scheduler_begun": Event("info", "The scheduler keeps time from here on.", ("timezone",)),
    "scheduler_stopping": Event("info", "It was asked to end, and ends what it began.", ("signal",)),
    "scheduler_ended": Event("info", "It has ended."),
    "job_next": Event("info", "When a job begins next, told at the start.", ("job", "at")),
    "job_begun": Event("info", "The process of a job was started.", ("again",)),
    "job_waits": Event("info", "Another machine is at it, or the database is away."),
    "job_done": Event("info", "A time of a job is over and went well.", _CHILD),
    "job_done_elsewhere": Event("info", "Another machine has done it."),
    "job_failed": Event("error", "A time of a job is over and failed, or was given up.", _CHILD),
    "job_broken_off": Event("warning", "The process of a job was killed, or was stopped with the scheduler.", _CHILD),
    "job_left_out": Event("warning", "A time of a job was not begun: its grace passed, or the former time is at work still."),
    "clock_warning": Event("warning", "What the clock itself complains of."),
    "notification_failed": Event("warning", "Somebody who was to be told was not."),
    "metrics_not_written": Event("warning", "The file of metrics could not be written."),
    "job_at_work": Event("info", "In the process of a job: it has begun."),
    "job_over": Event("info", "In the process of a job: it has ended, or had nothing to do."),
    "night_progress": Event("info", "How far a night is.", ("night", "sites", "sites_closed", "batches", "batches_ended")),
    "attempt": Event("info", "What became of an attempt.", ("attempt", "channel", "state")),
    "batch_begun": Event("info", "The process of a batch has claimed it.", ("sites",)),
    "batch_lost": Event("warning", "Another process has the batch; this one stores nothing more."),
    "site_closed": Event(
        "info", "A site was read and its visit stored.",
        ("merchant", "url", "status", "reason", "seconds", "pages_read", "pages_rendered"),
    ),
    "site_left_alone": Event("info", "A merchant opted out, or left the panel, since the batch was cut.", ("merchant", "url")),
    "error": Event("error", "A command could not go on; it says what is in the way and what to do."),
    "defect": Event("error", "An error that is ours: its traceback is in exception.", ("exception",)),
    "library": Event("warning", "What a library we use warns of.", ("logger",)),
}  # fmt: skip
