"""What moved, and a merchant's history, as a person reads them on a terminal of 80 columns."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from barometer.history.asked import Asked
from barometer.history.changes import Change, Unsettled
from barometer.history.found import Found, Moved, Owner, Told
from barometer.history.night import ABSENT, ChannelNight, Depth
from barometer.reports.history_sparkline import ABSENT_SIGN, BARS, BOUND_SIGN, sparkline
from barometer.reports.history_words import HistoryWords
from barometer.reports.merchant_text import bare_address, host_of, legible
from barometer.reports.wording import capital
from storage.vocabulary import Channel

MOST_UNSETTLED = 15
"""Unsettled things listed on a terminal (*ours*); all stand in the JSON."""
WIDEST_SPARKLINE = 120
"""Nights that a sparkline shows at most (*ours*), the last."""
_NOW, _LEAST_ROOM = 12, 10
"""Columns of what was measured last, and the fewest of a sparkline (*ours*)."""


def changes_text(found: Found, asked: Asked, words: HistoryWords) -> RenderableType:
    """Return what moved, by day, newest first, then what may come from us, what is unsettled, and what we changed."""
    title = words["report.title"].format(since=words.date(asked.since), until=words.date(asked.until))
    looked_at = words["report.looked_at"].format(
        merchants=words.counted("merchants", found.merchants),
        nights=words.counted("nights", found.nights),
        changes=words.counted("changes", len(found.moved)),
    )
    parts: list[RenderableType] = [Text(title, "bold"), Text(looked_at, "dim")]
    if not found.merchants:
        return Group(*parts, Text(words["report.nothing_read"], "yellow"))
    theirs = [one for one in found.moved if not one.change.conditions]
    if not found.moved:
        parts.append(Text(words["report.nothing"]))
    parts += _by_day(theirs, words)
    doubtful = [one for one in found.moved if one.change.conditions]
    if doubtful:
        parts += ["", Text(words["conditions.doubt"], "bold yellow"), *_by_day(doubtful, words, heading="yellow")]
    restless = [(one.owner, one.unsettled) for one in found.restless]
    parts += _unsettled(restless, words)
    ours = [*(words.turn(turn) for turn in found.turns), *(words.outage(outage) for outage in found.outages)]
    if ours:
        parts += ["", Text(words["conditions.heading"], "bold"), *(_line(Text(one, "dim")) for one in ours)]
    return Group(*parts, *_waiting(found.waiting, words))


def history_text(told: Told, asked: Asked, words: HistoryWords, width: int) -> RenderableType:
    """Return a line a channel with its sparkline and what was measured last, then what moved; *width* is the terminal's."""
    owner = told.owner
    head = Text.assemble((legible(owner.name, 60), "bold"), f"  {legible(bare_address(owner.url), 60)}")
    if not told.nights:
        return Group(head, Text(words["history.none"], "yellow"))
    first, last = told.nights[0].day, told.nights[-1].day
    period = words["history.period"].format(
        first=words.date(first), last=words.date(last), nights=words.counted("nights", len(told.nights))
    )
    parts: list[RenderableType] = [head, Text(period, "dim"), ""]
    parts += _lines(told, asked, words, width)
    ours = [words.outage(outage) for outage in told.outages]
    parts += ["", Text(words["history.changes"], "bold")]
    changes = told.news.changes
    parts += [_change(change, owner, words, dated=True) for change in changes] or [_line(Text(words["report.nothing"]))]
    parts += _unsettled([(owner, one) for one in told.news.unsettled], words)
    parts += [_line(Text(one, "dim")) for one in ours]
    return Group(*parts, *_waiting(told.news.waiting, words))


def _lines(told: Told, asked: Asked, words: HistoryWords, width: int) -> Iterable[RenderableType]:
    """Yield the table of sparklines, the channels that have none, and the legend."""
    measured = {
        channel: [night.channels[channel] for night in told.nights if channel in night.channels] for channel in Channel
    }
    listed = [one for one in Channel if one in asked.channels]
    drawn = [channel for channel in listed if any(_found(one) for one in measured[channel])]
    names = max((len(words[f"channel.{one}"]) for one in drawn), default=0)
    first, last = told.nights[0].day, told.nights[-1].day
    room = max(_LEAST_ROOM, min(WIDEST_SPARKLINE, width - names - 2 * 2 - _NOW))
    table = Table(box=None, pad_edge=False, show_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(no_wrap=True, overflow="ellipsis")
    for channel in drawn:
        depths = {night.day: night.channels[channel].depth for night in told.nights if channel in night.channels}
        now = measured[channel][-1]
        line = Text(sparkline(depths, first, last, room), "cyan")
        if now.values and _found(now):
            line.append(f"\n{words.values(now.values, channel)[:room]}", "dim")
        table.add_row(capital(words[f"channel.{channel}"]), line, _now(now.depth, words))
    days = (last - first).days + 1
    if drawn:
        yield table
        yield Text(_legend(words), "dim")
    if drawn and days > room:
        yield Text(words["history.cut"].format(nights=words.counted("nights", room)), "dim")
    never = [one for one in listed if one not in drawn and measured[one]]
    unmeasured = [one for one in listed if not measured[one]]
    for key, channels in (("never", never), ("unmeasured", unmeasured)):
        if channels:
            names_of = words.listed(words[f"channel.{channel}"] for channel in channels)
            yield Text(words[f"history.{key}"].format(channels=names_of), "dim")


def _found(one: ChannelNight) -> bool:
    return one.depth.most < ABSENT


def _now(depth: Depth, words: HistoryWords) -> Text:
    bounded = depth.least < depth.most and depth.most < ABSENT
    told = words.clicks(depth.most) if depth.most < ABSENT else words["depth.absent"]
    return Text(f"{told}{BOUND_SIGN if bounded else ''}", "" if depth.most < ABSENT else "red")


def _legend(words: HistoryWords) -> str:
    told = words["history.legend"].format(zero=BARS[0], one=BARS[1], two=BARS[2], most=BARS[-1], absent=ABSENT_SIGN)
    return f"{told}\n{words['history.legend_bounded'].format(sign=BOUND_SIGN)}"


def _by_day(moved: Sequence[Moved], words: HistoryWords, heading: str = "bold cyan") -> Iterable[RenderableType]:
    for day, ones in groupby(moved, key=lambda one: one.change.first.day):
        yield Text(f"\n{words.date(day)}", heading)
        yield from (_change(one.change, one.owner, words) for one in ones)


def _change(change: Change, owner: Owner, words: HistoryWords, dated: bool = False) -> RenderableType:
    """Return a change with what is worth knowing of it behind: whose, between which days, why, and what we did."""
    remarks = [] if dated else [legible(host_of(owner.url), 60)]
    if dated or not change.on_the_day:
        remarks.append(words.when(change))
    if change.confirmed.day != change.first.day:
        remarks.append(words["when.confirmed"].format(day=words.date(change.confirmed.day)))
    if change.conditions:
        remarks.append(words.ours(change.conditions))
    line = Text.assemble(words.sentence(change, owner.name), (f"  {', '.join(remarks)}", "dim"))
    reason = words.reason(change)
    return _line(line.append(f"\n{reason}", "dim") if reason else line)


def _unsettled(restless: Sequence[tuple[Owner, Unsettled]], words: HistoryWords) -> Iterable[RenderableType]:
    if restless:
        yield Text(f"\n{words['unsettled.heading']}", "bold")
    for owner, one in restless[:MOST_UNSETTLED]:
        yield _line(Text(words.unsettled(one, owner.name)))
    if len(restless) > MOST_UNSETTLED:
        yield _line(Text(words.counted("more", len(restless) - MOST_UNSETTLED), "dim"))


def _waiting(count: int, words: HistoryWords) -> Iterable[RenderableType]:
    if count:
        key = "report.waiting_one" if count == 1 else "report.waiting_other"
        yield Text(f"\n{words[key].format(n=words.number(count))}", "dim")


def _line(text: Text) -> RenderableType:
    """Return *text* two columns in, its further lines too."""
    return Padding(text, (0, 0, 0, 2))
