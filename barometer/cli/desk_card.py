"""A task as it is shown at the desk: whom to reach, what it costs, what to say."""

from datetime import datetime

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from barometer.cli.console import printable
from probes.desk import Task
from probes.desk_card import asks, drafts
from probes.stamps import TaskKind
from spiders.detect.sighting import Tariff
from storage.vocabulary import PriceClass

CLASS_WORDS = {
    PriceClass.FREE: "free",
    PriceClass.BANALISED: "price of an ordinary call",
    PriceClass.ORDINARY: "ordinary call",
    PriceClass.PREMIUM: "premium",
    PriceClass.UNKNOWN_SHORT: "short number, price unknown",
}
TITLES = {
    TaskKind.CALL: "Call",
    TaskKind.FORM: "Fill in the form",
    TaskKind.POST: "Post or write",
    TaskKind.CHAT: "Chat",
    TaskKind.NAVIGATION: "Find it on the site alone",
}


def price_words(tariff: Tariff | None) -> str:
    """Return what a call costs, in words; nothing where it is no call."""
    if tariff is None:
        return ""
    caps = []
    if tariff.max_eur_per_min is not None:
        caps.append(f"{tariff.max_eur_per_min} EUR a minute")
    if tariff.max_eur_per_call is not None:
        caps.append(f"{tariff.max_eur_per_call} EUR a call")
    most = f", at most {' or '.join(caps)} on top" if caps and tariff.price_class is PriceClass.PREMIUM else ""
    return CLASS_WORDS[tariff.price_class] + most


def card(task: Task) -> Panel:
    """Return the card of a task; nothing on it can steer the terminal."""
    attempt, merchant = task.attempt, task.merchant
    rows = [
        ("merchant", f"{merchant.name}   {merchant.url}"),
        ("where", attempt.target or "-"),
        ("price", price_words(task.price)),
        ("hours", merchant.hours or ""),
        ("subject", attempt.subject or ""),
        ("blocked by", str(attempt.blocked_by or "")),
        ("campaign", f"{task.campaign.name}   due {moment(attempt.planned_for)}   key {attempt.id[:8]}"),
    ]
    table = Table.grid(padding=(0, 2))
    for name, value in rows:
        if value:
            table.add_row(Text(name, style="dim"), Text(printable(value)))
    parts = [table]
    offers = drafts(task)
    said = [Text(""), Text(printable(offers[0].text), style="bold")]
    said += [Text(printable(one.link), style="cyan", overflow="fold") for one in offers if one.link != attempt.target]
    wanted = asks(task)
    if wanted:
        said += [Text(""), Text(printable("a good answer says: " + "; ".join(wanted)), style="dim")]
    return Panel(Group(*parts, *said), title=f"{TITLES[task.kind]} ({attempt.channel})", title_align="left")


def moment(at: datetime) -> str:
    """Return a moment as people read it, in the time zone of this machine."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"
