"""Criteria as a grid file writes them: what is looked at, where, and what it earns."""

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from barometer.grids.entries import Table, shown, unknown
from barometer.grids.grid import WORDS, Band, Criterion, Measure
from barometer.grids.spans import UNITS, seconds_of
from probes.criteria import VALUES, criteria
from storage.vocabulary import Channel

KEY = re.compile(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*", re.ASCII)
LONGEST_KEY = 40
LEFT_OUT = "left_out"
"""What a file writes where a case shall be treated as if it had not been measured."""
NOTHING = "nothing"
HIGHEST = 1_000
"""Most points, and highest weight, of a criterion (*ours*)."""
MOST_BANDS = 50

_SHARED = {"key", "family", "title", "measure", "channels", "weight", "maximum", "nothing"}
_EARNS = {"bands", "words", "scale"}
_TIMES = frozenset({Measure.DELAY, Measure.BUSINESS_DELAY, Measure.WAITING})


class Read(NamedTuple):
    """A criterion whose ``weight`` is still the file's own: its part of the family."""

    criterion: Criterion
    own_weight: Decimal


class _Earned(NamedTuple):
    """What a criterion gives, by band, word or scale."""

    bands: tuple[Band, ...] = ()
    words: Mapping[str, Decimal | None] = {}
    scale: Decimal | None = None


def read_criterion(table: Table, families: list[str], line: int) -> Read | None:
    """Return the criterion that *table* writes, ``None`` where something is wrong, which is noted."""
    noted = len(table.notes.problems)
    key = table.text("key", LONGEST_KEY, KEY, "phone.depth")
    family = _family(table, families)
    title = table.titles()
    weight = table.number("weight", 0, HIGHEST)
    maximum = table.number("maximum", 0, HIGHEST, above_least=True)
    measure = table.word("measure", Measure)
    if measure is None:
        table.only(_SHARED | _EARNS | {"of", "unshown"})
        return None
    _only_what_fits(table, measure)
    channels = _channels(table, measure)
    of = _marked(table, channels or ()) if measure is Measure.RATING else None
    unshown = _unshown(table) if "unshown" in table and not measure.nightly else False
    if maximum is None:
        return None
    nothing = _nothing(table, maximum)
    earned = _earned(table, measure, maximum)
    if earned is None or len(table.notes.problems) > noted:
        return None
    if unshown and nothing is None:
        table.wrong(
            "unshown", "counts as silence, and silence is left out here", "give nothing points, or take unshown out"
        )
    if not _makes_sense(table, measure, earned, maximum, nothing) or (unshown and nothing is None):
        return None
    assert key and family and title and channels and weight is not None  # else there would have been a problem
    criterion = Criterion(
        key, family, title, measure, channels, maximum, Fraction(0), nothing,
        earned.bands, earned.words, earned.scale, of, unshown, line,
    )  # fmt: skip
    return Read(criterion, weight)


def _only_what_fits(table: Table, measure: Measure) -> None:
    """Note keys that are unknown, and those that belong to another measure."""
    earns = "scale" if measure is Measure.RATING else "words" if measure in WORDS else "bands"
    fitting = _SHARED | {earns} | ({"of"} if measure is Measure.RATING else set())
    fitting |= set() if measure.nightly else {"unshown"}
    others = (_EARNS | {"of", "unshown"}) - fitting
    table.only(fitting | others)
    for key in sorted(others):
        if key in table:
            table.wrong(key, f"has no place where {measure} is measured", f"take it out; {measure} has {earns}")


def _family(table: Table, families: list[str]) -> str | None:
    key = table.text("family", LONGEST_KEY, KEY, families[0] if families else "display")
    if key is None or key in families:
        return key
    table.wrong("family", *unknown("family", key, families))
    return None


def _channels(table: Table, measure: Measure) -> tuple[Channel, ...] | None:
    listed = table.items("channels", '["phone"]')
    if listed is None:
        return None
    found: list[Channel] = []
    for position, one in enumerate(listed):
        channel = table.word_of("channels", one, Channel, position)
        if channel is None:
            continue
        if channel in found:
            table.wrong("channels", f"{channel} stands there twice", "take one out", position)
        elif why := _misfit(measure, channel):
            table.wrong("channels", f"{measure} does not fit {channel}: {why[0]}", why[1], position)
        found.append(channel)
    return tuple(found)


def _misfit(measure: Measure, channel: Channel) -> tuple[str, str] | None:
    """Return why *measure* cannot be had on *channel*, and the remedy; ``None`` where it can."""
    if measure is Measure.WAITING and channel is not Channel.PHONE:
        return "only calls are waited for", "measure delay instead"
    if measure is Measure.PRICE_CLASS and channel is not Channel.PHONE:
        return "only calls have a price", 'write channels = ["phone"]'
    if measure in {Measure.DELAY, Measure.BUSINESS_DELAY} and channel is Channel.PHONE:
        return "a call is answered while it lasts", "measure waiting instead"
    return None


def _marked(table: Table, channels: tuple[Channel, ...]) -> str | None:
    """Return the criterion that people mark."""
    known = criteria()
    key = table.text("of", LONGEST_KEY, None, next(iter(known)))
    if key is None:
        return None
    if key not in known:
        table.wrong("of", *unknown("criterion that people mark", key, list(known)))
        return None
    allowed = known[key].channels
    for channel in channels:
        if channel not in allowed:
            marked = ", ".join(one for one in Channel if one in allowed)
            table.wrong("channels", f"{key} is not marked on {channel}", f"it is on {marked}")
    return key


def _unshown(table: Table) -> bool:
    value = table.values["unshown"]
    if value not in (NOTHING, LEFT_OUT):
        table.wrong("unshown", f"is {shown(value)}", f'write "{NOTHING}" (it counts as silence) or "{LEFT_OUT}"')
    return bool(value == NOTHING)


def _nothing(table: Table, maximum: Decimal) -> Decimal | None:
    """Return what silence or absence earns, ``None`` where it is left out."""
    if "nothing" in table:
        return _points(table, "nothing", table.values["nothing"], maximum)
    remedy = f'add what silence or absence earns: nothing = 0, or nothing = "{LEFT_OUT}"'
    table.wrong(None, "nothing is missing", remedy)
    return None


def _points(table: Table, key: str, value: object, maximum: Decimal, *inside: int) -> Decimal | None:
    """Return points, ``None`` for what is left out; anything else is noted."""
    if value == LEFT_OUT and isinstance(value, str):
        return None
    if isinstance(value, str):
        table.wrong(key, f'must be points or "{LEFT_OUT}", not {shown(value)}', f"write such as {maximum}", *inside)
        return None
    return table.number_of(key, value, 0, maximum, *inside)


def _earned(table: Table, measure: Measure, maximum: Decimal) -> _Earned | None:
    if measure is Measure.RATING:
        scale = table.number("scale", 0, HIGHEST)
        if scale is not None and scale != max(VALUES):
            table.wrong("scale", f"is {scale}, and people mark from 0 to {max(VALUES)}", f"write scale = {max(VALUES)}")
        return _Earned(scale=scale)
    if measure in WORDS:
        words = _words(table, measure, maximum)
        return None if words is None else _Earned(words=words)
    bands = _bands(table, measure, maximum)
    return None if bands is None else _Earned(bands=bands)


def _words(table: Table, measure: Measure, maximum: Decimal) -> Mapping[str, Decimal | None] | None:
    example = ", ".join(f"{word} = {maximum}" for word in WORDS[measure])
    held = table.table("words", f"{table.called} words", f"words = {{ {example} }}")
    if held is None:
        return None
    held.only(WORDS[measure])
    for word in WORDS[measure]:
        if word not in held:
            held.wrong(None, f"{word} is missing", f'say what it earns: {word} = {maximum}, or {word} = "{LEFT_OUT}"')
    return {word: _points(held, word, held.values[word], maximum) for word in WORDS[measure] if word in held}


def _bands(table: Table, measure: Measure, maximum: Decimal) -> tuple[Band, ...] | None:
    """Return the bands; notes those that overlap, stand in no order, are missing, or give more for worse."""
    example = f"[{{ up_to = 1, points = {maximum} }}, {{ points = 0 }}]"
    if table.items("bands", example) is None:
        return None
    held = table.tables("bands", f"{table.called} band")
    if len(held) > MOST_BANDS:
        table.wrong("bands", f"there are {len(held)}", f"{MOST_BANDS} are enough")
        return None
    bands = [_band(one, measure, maximum) for one in held]
    if len(held) < len(table.values["bands"]) or None in bands:
        return None
    read = tuple(band for band in bands if band is not None)
    for place, (band, where) in enumerate(zip(read, held, strict=True)):
        if place:
            _after(read[place - 1], band, where)
    if read[-1].up_to is not None:
        last = held[-1]
        last.wrong(
            None, f"nothing is said of what lies beyond {_said(last)}", "end with a band without up_to: { points = 0 }"
        )
    return read


def _band(table: Table, measure: Measure, maximum: Decimal) -> Band | None:
    noted = len(table.notes.problems)
    table.only(("up_to", "points"))
    up_to = _limit(table, measure) if "up_to" in table else None
    points = table.number("points", 0, HIGHEST)
    if points is not None and points > maximum:
        table.wrong("points", f"{points} are more than the maximum of {maximum}", f"write at most {maximum}")
    if points is None or len(table.notes.problems) > noted:
        return None
    return Band(up_to, points)


def _limit(table: Table, measure: Measure) -> Decimal | None:
    """Return the end of a band: clicks, or seconds."""
    value = table.values["up_to"]
    if measure in _TIMES and isinstance(value, str):
        try:
            return table.number_of("up_to", seconds_of(value), 0, 10**9)
        except ValueError as error:
            what, _, remedy = str(error).partition("; ")
            table.wrong("up_to", f"{shown(value)} is {what}", remedy)
            return None
    if measure is Measure.DEPTH and (isinstance(value, bool) or not isinstance(value, int)):
        table.wrong("up_to", f"must be a whole number of clicks, not {shown(value)}", "write such as up_to = 1")
        return None
    if measure in _TIMES and isinstance(value, bool):
        table.wrong("up_to", f"must be a time, not {shown(value)}", f'write up_to = "30 s" (units: {", ".join(UNITS)})')
        return None
    return table.number_of("up_to", value, 0, 10**9 if measure in _TIMES else 100)


def _after(before: Band, band: Band, where: Table) -> None:
    """Note what is wrong with a band that follows another one."""
    if before.up_to is None:
        where.wrong(None, "comes after a band without up_to, which takes everything", "put the open band last")
    elif band.up_to is not None and band.up_to == before.up_to:
        where.wrong("up_to", f"overlaps the band before it: both end at {_said(where)}", "take one out")
    elif band.up_to is not None and band.up_to < before.up_to:
        where.wrong(
            "up_to", f"{_said(where)} is below the end of the band before it", "sort the bands, smallest up_to first"
        )
    if band.points > before.points:
        what = f"{band.points} points are more than the {before.points} of the band before it"
        where.wrong("points", what, "more clicks or a longer wait must not earn more")


def _said(table: Table) -> str:
    return shown(table.values["up_to"]).strip("'")


def _makes_sense(table: Table, measure: Measure, earned: _Earned, maximum: Decimal, nothing: Decimal | None) -> bool:
    """Note a maximum that nobody can reach, and silence that earns more than an answer; tell whether all is well."""
    if measure is Measure.RATING:
        return True
    key = "bands" if earned.bands else "words"
    best = max(
        [band.points for band in earned.bands] + [one for one in earned.words.values() if one is not None], default=None
    )
    if best is None:
        table.wrong("words", "every word is left out, so that nothing is marked", "give points to one word at least")
        return False
    if best < maximum:
        table.wrong(
            "maximum", f"nobody can reach {maximum}: the best of the {key} earns {best}", f"write maximum = {best}"
        )
        return False
    if earned.bands and nothing is not None and nothing > earned.bands[-1].points:
        least = earned.bands[-1].points
        table.wrong("nothing", f"{nothing} points are more than the {least} of the last band", f"write at most {least}")
        return False
    return True
