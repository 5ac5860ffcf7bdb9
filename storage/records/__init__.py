"""The records: one definition each for the row, the type and the item."""

from storage.records.attempt import Attempt
from storage.records.base import Record
from storage.records.batch import Batch
from storage.records.campaign import Campaign
from storage.records.click import Click
from storage.records.columns import new_id, utc_now
from storage.records.edition import (
    Dispute,
    Edition,
    EditionEvent,
    EditionFile,
    EditionFileKind,
    EditionState,
    EditionStep,
)
from storage.records.event import Event
from storage.records.mailbox_position import MailboxPosition
from storage.records.mark import Mark
from storage.records.merchant import Merchant
from storage.records.opt_out import OptOut, OptOutKind
from storage.records.page import Page
from storage.records.page_state import PageState
from storage.records.rating import Rating
from storage.records.reply import Reply
from storage.records.review import Review, Verdict
from storage.records.run import Run
from storage.records.sighting import Sighting
from storage.records.stamp import Stamp
from storage.records.target_check import TargetCheck
from storage.records.visit import Visit

__all__ = [
    "Attempt",
    "Batch",
    "Campaign",
    "Click",
    "Dispute",
    "Edition",
    "EditionEvent",
    "EditionFile",
    "EditionFileKind",
    "EditionState",
    "EditionStep",
    "Event",
    "MailboxPosition",
    "Mark",
    "Merchant",
    "OptOut",
    "OptOutKind",
    "Page",
    "PageState",
    "Rating",
    "Record",
    "Reply",
    "Review",
    "Run",
    "Sighting",
    "Stamp",
    "TargetCheck",
    "Verdict",
    "Visit",
    "new_id",
    "utc_now",
]
