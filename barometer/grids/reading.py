"""From the tables of a grid file to a grid, or to everything that is wrong with them. Pure."""

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from barometer.grids.criteria import HIGHEST, KEY, LONGEST_KEY, Read, read_criterion
from barometer.grids.entries import Notes, Table, shown, unknown
from barometer.grids.grid import SCALE, Award, Condition, Criterion, Family, Grid, LabelRule
from barometer.grids.lines import Path, line_of
from barometer.grids.ways import ways
from storage.vocabulary import Channel, Profile

SCHEMA = "barometer-grid/1"
WHOLE = 100
"""What the weights of the families add up to: they are percentages."""
PLAN_GROUPS = (*Channel, "web", "social")
"""What a plan may count attempts by: a channel, navigations on the site, the social networks together."""

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_VERSION = re.compile(r"[0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*", re.ASCII)
_LONGEST_NAME, _LONGEST_VERSION, _LONGEST_SOURCE = 60, 20, 2_000
_MOST_NIGHTS, _MOST_PARTICIPANTS, _MOST_ATTEMPTS = 366, 1_000, 100_000
_KEYS = {
    "schema", "name", "version", "title", "source", "profile", "nights", "minimum_coverage", "channels_at_least",
    "stability", "plan", "award", "label", "family", "criterion",
}  # fmt: skip


def read_grid(values: Mapping[str, Any], lines: Mapping[Path, int], sha256: str, notes: Notes) -> Grid | None:
    """Return the grid that *values* write; ``None`` where something is wrong, which is in *notes*."""
    table = Table(values, (), "", notes)
    if values.get("schema") != SCHEMA:
        said = f"is {shown(values['schema'])}" if "schema" in values else "is missing"
        notes.add(
            ("schema",), f"schema {said}, so this is no grid that can be read", f'write schema = "{SCHEMA}" first'
        )
        return None
    table.only(_KEYS)
    name = table.text("name", _LONGEST_NAME, _NAME, "my-grid")
    version = table.text("version", _LONGEST_VERSION, _VERSION, "1")
    title = table.titles()
    source = table.text("source", _LONGEST_SOURCE, None, "Who says so, and which values are your own")
    profile = table.word("profile", Profile)
    nights = table.whole("nights", 1, _MOST_NIGHTS)
    coverage = table.number("minimum_coverage", 0, 1)
    channels = table.whole("channels_at_least", 1, len(Channel))
    stability = table.number("stability", 0, 1)
    families, criteria = _weighed(table, lines)
    award = _award(table)
    label = _label(table, criteria) if "label" in table else None
    plan = _plan(table) if "plan" in table else {}
    if channels is not None and not notes.problems:
        _enough_channels(table, channels, criteria)
    if notes.problems:
        return None
    assert name and version and title and source and profile and nights and channels and award  # nothing was noted
    assert coverage is not None and stability is not None
    return Grid(
        name, version, title, source, sha256, profile, nights, coverage, channels, stability,
        families, criteria, award, label, plan,
    )  # fmt: skip


def _weighed(table: Table, lines: Mapping[Path, int]) -> tuple[tuple[Family, ...], tuple[Criterion, ...]]:
    """Return families and criteria, their weights as parts of the whole; empty where these cannot be told."""
    family_tables = table.tables("family", "family", "key")
    read = [_family(one) for one in family_tables]
    keys = _keys(family_tables)
    criterion_tables = table.tables("criterion", "criterion", "key")
    found = [read_criterion(one, keys, line_of(one.path, lines)) for one in criterion_tables]
    _keys(criterion_tables)
    families = [one for one in read if one is not None]
    criteria = [one for one in found if one is not None]
    if len(families) == len(family_tables):
        _add_up(table, families)
    if len(families) < len(family_tables) or len(criteria) < len(criterion_tables):
        return (), ()
    return tuple(families), tuple(_of_the_whole(families, criteria, family_tables))


def _family(table: Table) -> Family | None:
    table.only(Family._fields)
    key = table.text("key", LONGEST_KEY, KEY, "display")
    title = table.titles()
    weight = table.number("weight", 0, WHOLE)
    if key is None or title is None or weight is None:
        return None
    return Family(key, title, Fraction(weight) / WHOLE)


def _keys(tables: list[Table]) -> list[str]:
    """Return the keys of *tables*; notes those that stand there twice."""
    seen: list[str] = []
    for table in tables:
        key = table.values.get("key")
        if isinstance(key, str) and key in seen:
            table.wrong("key", f"{shown(key)} is the key of an earlier one too", "give each a key of its own")
        elif isinstance(key, str):
            seen.append(key)
    return seen


def _add_up(table: Table, families: list[Family]) -> None:
    total = sum((family.weight for family in families), Fraction(0))
    if families and total != 1:
        listed = " + ".join(_plain(family.weight * WHOLE) for family in families)
        what = f"the weights add up to {_plain(total * WHOLE)}, not to {WHOLE}: {listed}"
        table.wrong("family", what, "change them until they do; what shall not count weighs 0")


def _of_the_whole(families: list[Family], criteria: list[Read], tables: list[Table]) -> list[Criterion]:
    """Return the criteria with their part of the whole; notes families that nothing, or nothing of weight, is in."""
    factor: dict[str, Fraction] = {}
    for family, table in zip(families, tables, strict=True):
        own = [Fraction(one.own_weight) for one in criteria if one.criterion.family == family.key]
        total = sum(own, Fraction(0))
        if not own:
            table.wrong(None, "has no criterion", "add one that names it, or take the family out")
        elif family.weight and not total:
            what = f"weighs {_plain(family.weight * WHOLE)}, and none of its criteria weighs anything"
            table.wrong("weight", what, "give one of them a weight")
        factor[family.key] = family.weight / total if total else Fraction(0)
    return [one.criterion._replace(weight=Fraction(one.own_weight) * factor[one.criterion.family]) for one in criteria]


def _award(table: Table) -> Award | None:
    held = table.table("award", "[award]", "[award] with participants, above and strict")
    if held is None:
        return None
    held.only(Award._fields)
    participants = held.whole("participants", 1, _MOST_PARTICIPANTS)
    above = held.number("above", 0, int(SCALE))
    strict = held.flag("strict")
    tie_break = _named_criteria(held, "tie_break", table)
    if participants is None or above is None or strict is None:
        return None
    if strict and above == SCALE:
        held.wrong("above", f"nobody can have more than {SCALE}", "write less, or strict = false")
    return Award(participants, above, strict, tie_break)


def _named_criteria(held: Table, key: str, whole: Table) -> tuple[str, ...]:
    """Return a list of criteria that may be left out or empty."""
    listed = held.values.get(key, [])
    if not isinstance(listed, list):
        held.wrong(key, f"must be a list of criteria, not {shown(listed)}", f"write {key} = []")
        return ()
    known = _criterion_keys(whole)
    found: list[str] = []
    for position, one in enumerate(listed):
        if one in found:
            held.wrong(key, f"{shown(one)} stands there twice", "take one out", position)
        elif isinstance(one, str) and one in known:
            found.append(one)
        else:
            held.wrong(key, *unknown("criterion", one, known), position)
    return tuple(found)


def _label(table: Table, criteria: tuple[Criterion, ...]) -> LabelRule | None:
    held = table.table("label", "[label]", "[label] with title and conditions")
    if held is None:
        return None
    held.only(LabelRule._fields)
    title = held.titles()
    if held.items("conditions", '[{ criterion = "phone.depth", at_least = 5 }]') is None:
        return None
    maxima = {one.key: one.maximum for one in criteria}
    known = _criterion_keys(table)
    read = [_condition(one, known, maxima) for one in held.tables("conditions", "[label] condition")]
    conditions = tuple(one for one in read if one is not None)
    for place, one in enumerate(conditions):
        if one.criterion in {other.criterion for other in conditions[:place]}:
            held.wrong("conditions", f"{shown(one.criterion)} stands there twice", "take one out", place)
    return LabelRule(title, conditions) if title else None


def _condition(table: Table, known: list[str], maxima: Mapping[str, Decimal]) -> Condition | None:
    table.only(Condition._fields)
    at_least = table.number("at_least", 0, HIGHEST, above_least=True)
    key = table.values.get("criterion")
    if not isinstance(key, str) or key not in known:
        table.wrong("criterion", *unknown("criterion", key, known) if key is not None else ("is missing", "name one"))
        return None
    if at_least is not None and at_least > maxima.get(key, at_least):
        table.wrong(
            "at_least", f"{at_least} is more than the maximum of {key}, {maxima[key]}", f"write at most {maxima[key]}"
        )
    return None if at_least is None else Condition(key, at_least)


def _criterion_keys(table: Table) -> list[str]:
    """Return every key that a criterion has, whatever else is wrong with it."""
    listed = table.values.get("criterion")
    held = [one.get("key") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [key for key in held if isinstance(key, str)]


def _plan(table: Table) -> Mapping[str, int]:
    held = table.table("plan", "[plan]", "[plan] with phone = 140")
    if held is None:
        return {}
    held.only(PLAN_GROUPS)
    counted = {str(group): held.whole(group, 1, _MOST_ATTEMPTS) for group in held.values if group in PLAN_GROUPS}
    return {group: number for group, number in counted.items() if number is not None}


def _enough_channels(table: Table, wanted: int, criteria: tuple[Criterion, ...]) -> None:
    """Note where nobody could have marks on as many channels as are *wanted*."""
    possible = ways(one for one in criteria if one.weight)
    if possible < wanted:
        what = (
            f"nobody can have marks on {wanted}: the criteria that weigh something are about {possible} (channels "
            "that one criterion takes together count as one)"
        )
        table.wrong("channels_at_least", what, f"write at most {possible}")


def _plain(number: Fraction) -> str:
    """Return *number*, whose decimals end, as people write it."""
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    return f"{exact.normalize():f}"
