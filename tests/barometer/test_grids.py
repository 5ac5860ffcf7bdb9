"""Grid files: what a sound one says, and how precisely a wrong one is refused."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barometer import grids
from barometer.errors import UserError
from barometer.grids.cases import cases
from barometer.grids.grid import Band, Condition, Grid, Measure
from barometer.grids.loading import MAX_BYTES, check
from barometer.grids.spans import seconds_of, span_text
from barometer.grids.ways import ways
from probes.criteria import criteria
from storage.vocabulary import Channel, Profile
from tests.barometer.grid_files import changed, example, line_number, problems

BUILTIN = grids.builtin()


def grid(text: str) -> Grid:
    return grids.parse(text.encode(), "mine.toml")


def test_the_example_of_the_docs_is_a_grid_and_weighs_what_the_docs_say() -> None:
    read = grid(example())
    assert {one.key: one.weight for one in read.criteria} == {
        "phone.clicks": Fraction(2, 5),
        "phone.price": Fraction(1, 5),
        "mail.answer": Fraction(2, 5),
    }
    assert (read.name, read.version, read.profile, read.nights) == ("easy-to-reach", "2026.1", Profile.DESKTOP, 5)
    assert (read.minimum_coverage, read.channels_at_least, read.stability) == (Decimal("0.6"), 2, Decimal("0.8"))
    assert read.award == (3, Decimal(12), True, ("mail.answer",))
    assert (read.label, read.plan) == (None, {})
    clicks, price, answer = read.criteria
    assert clicks.bands == (Band(Decimal(0), Decimal(10)), Band(Decimal(2), Decimal(6)), Band(None, Decimal(1)))
    assert price.words["unknown_short"] is None and price.nothing is None
    assert [band.up_to for band in answer.bands] == [7_200, 86_400, None]
    assert answer.channels == (Channel.EMAIL, Channel.FORM) and answer.unshown_is_nothing
    assert not clicks.unshown_is_nothing


def test_a_criterion_knows_the_line_it_stands_on() -> None:
    text = example()
    read = grid(text)
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith("[[criterion]]")]
    assert [one.line for one in read.criteria] == lines


@pytest.mark.parametrize("name", BUILTIN)
def test_the_weights_of_every_built_in_grid_are_one_exactly(name: str) -> None:
    read = grids.load(name)
    assert sum(one.weight for one in read.criteria) == 1
    for family in read.families:
        assert sum(one.weight for one in read.criteria if one.family == family.key) == family.weight


def test_open_to_dialog_weighs_its_label_in_quarters_and_keeps_social_networks_out() -> None:
    read = grids.load("open-to-dialog")
    phone_shown, written_shown = (
        sum(read.criterion(key).weight for key in keys)
        for keys in (("phone.depth", "phone.visible", "phone.price"), ("email.depth", "contact.depth"))
    )
    calls, letters = (
        sum(one.weight for one in read.criteria if one.measure is measure)
        for measure in (Measure.WAITING, Measure.DELAY)
    )
    assert {phone_shown, written_shown, calls, letters} == {Fraction(1, 4)}
    assert {one.weight for one in read.criteria if one.family == "social"} == {Fraction(0)}
    assert read.label is not None and read.label.conditions[-2:] == (
        Condition("phone.within_minute", Decimal("0.5")),
        Condition("email.within_day", Decimal("0.5")),
    )


def test_an_edition_without_calls_reaches_the_coverage_of_open_to_dialog_even_where_a_price_is_unknown() -> None:
    read = grids.load("open-to-dialog")
    without = [one for one in read.criteria if one.measure is not Measure.WAITING and one.key != "phone.price"]
    assert sum(one.weight for one in without) >= Fraction(read.minimum_coverage)


def test_escda_has_its_rules_its_plan_and_every_criterion_that_people_mark() -> None:
    read = grids.load("escda")
    assert read.award[:3] == (3, Decimal(12), True) and read.channels_at_least == 2
    assert sum(read.plan.values()) == 225 and list(read.plan.values()) == [140, 50, 15, 10, 10]
    assert {one.of for one in read.criteria if one.of} == set(criteria())
    weights = {one.key: one.weight * 100 for one in read.families}
    assert (weights["phone"], weights["email"], weights["web"], weights["social"] + weights["chat"]) == (50, 28, 10, 12)
    phone = [one for one in read.criteria if one.family == "phone"]
    lightest = min(one.weight for one in phone)
    assert sum(one.weight / lightest for one in phone) == 15, "the highest mark of the phone is 15"


@pytest.mark.parametrize(("key", "highest"), [("email", 14), ("web", 13), ("social", 16)])
def test_the_weights_within_a_channel_of_escda_stand_as_its_highest_mark_is_published(key: str, highest: int) -> None:
    source = grids.source("escda").decode()
    blocks = source.split("[[criterion]]")[1:]
    own = [block for block in blocks if f'family = "{key}"' in block]
    assert sum(int(block.partition("\nweight = ")[2].split()[0]) for block in own) == highest


WRONG = [
    ("nights = 5", "nigths = 5", "nigths = 5", "unknown key 'nigths'; perhaps nights is meant"),
    ("weight = 60", "weight = 50", "[[family]]", "the weights add up to 90, not to 100: 50 + 40"),
    ("up_to = 2, points = 6", "up_to = 0, points = 6", "up_to = 0, points = 6", "overlaps the band before it: both end at 0"),
    ("up_to = 0, points = 10", "up_to = 5, points = 10", "up_to = 2", "2 is below the end of the band before it"),
    ("    { points = 1 },   ", "    #", "up_to = 2", "nothing is said of what lies beyond 2; end with a band without up_to"),
    ('{ up_to = "2 h", points = 10 }', "{ points = 10 }", "bands = [{", "after a band without up_to, which takes everything"),
    ("up_to = 2, points = 6", "up_to = 2, points = 11", "points = 11", "11 are more than the maximum of 10"),
    ("{ points = 1 }, ", "{ points = 7 }, ", "points = 7", "7 points are more than the 6 of the band before it"),
    ("{ points = 1 }, ", "{ points = -1 }, ", "points = -1", "must be a number from 0 to 1000, not -1"),
    ("up_to = 2,", "up_to = 1.5,", "up_to = 1.5", "must be a whole number of clicks, not 1.5"),
    ('"24 h"', '"24 hours"', "24 hours", "'24 hours' is not a time; write a number and one of s, min, h, d"),
    ('"24 h"', '"1 h"', '"1 h"', "1 h is below the end of the band before it"),
    ("bands = [{", "bands = 3 # [{", "bands = 3", "must be a list, and not empty; it is 3"),
    ("maximum = 4", "maximum = 0", "maximum = 0", "must be a number above 0, up to 1000, not 0"),
    ("maximum = 4", "maximum = 5", "maximum = 5", "nobody can reach 5: the best of the words earns 4; write maximum = 4"),
    ("premium = 0, ", "", "words = {", "premium is missing; say what it earns"),
    ("premium = 0, ", "premium = 0, violet = 0, ", "words = {", "unknown key 'violet'"),
    ("premium = 0, ", 'premium = "none", ', "words = {", "must be points or \"left_out\", not 'none'"),
    ('measure = "depth"', 'measure = "dept"', 'measure = "dept"', "unknown measure 'dept'; perhaps depth is meant"),
    ('channels = ["phone"]', 'channels = ["fone"]', '["fone"]', "unknown channel 'fone'; perhaps phone is meant"),
    ('channels = ["phone"]', "channels = []", "channels = []", "must be a list, and not empty"),
    ('["email", "form"]', '["email", "email"]', '["email", "email"]', "email stands there twice"),
    ('["email", "form"]', '["phone"] # here', "# here", "a call is answered while it lasts; measure waiting instead"),
    ('measure = "delay"', 'measure = "waiting"', '["email", "form"]', "waiting does not fit email: only calls are waited for"),
    ('family = "answer"', 'family = "anser"', "anser", "unknown family 'anser'; perhaps answer is meant"),
    ('family = "answer"', 'family = "display"', '[[family]]\nkey = "answer"', "family 'answer': has no criterion"),
    ('key = "phone.price"', 'key = "phone.clicks" # here', "# here", "is the key of an earlier one too"),
    ('tie_break = ["mail.answer"]', 'tie_break = ["mail"]', 'tie_break = ["mail"]', "unknown criterion 'mail'"),
    ('tie_break = ["mail.answer"]', "tie_break = 3", "tie_break = 3", "must be a list of criteria, not 3"),
    ("nights = 5", "nights = 0", "nights = 0", "must be a whole number from 1 to 366, not 0"),
    ("nights = 5", "nights = true", "nights = true", "must be a whole number from 1 to 366, not true"),
    ("nights = 5", "nights = 5.0", "nights = 5.0", "must be a whole number from 1 to 366, not 5.0"),
    ("minimum_coverage = 0.6", "minimum_coverage = 60", "minimum_coverage = 60", "must be a number from 0 to 1, not 60"),
    ("minimum_coverage = 0.6", "minimum_coverage = nan", "minimum_coverage", "must be a number from 0 to 1"),
    ("minimum_coverage = 0.6", "minimum_coverage = 1e-999999999", "minimum_coverage", "with at most 6 decimals"),
    ("above = 12", "above = 21", "above = 21", "must be a number from 0 to 20, not 21"),
    ("above = 12", "above = 20", "above = 20", "nobody can have more than 20"),
    ("above = 12", "above = 1e99999999999999999999", "above = 1e", "must be a number from 0 to 20"),
    ("strict = true", 'strict = "yes"', 'strict = "yes"', "must be true or false, not 'yes'"),
    ("channels_at_least = 2", "channels_at_least = 3", "channels_at_least = 3", "nobody can have marks on 3"),
    ("weight = 40", "weight = true", "weight = true", "must be a number from 0 to 100, not true"),
    ('version = "2026.1"', "version = 2026.1", "version = 2026.1", "must be a text, not 2026.1"),
    ('version = "2026.1"', 'version = "a b"', "version =", "'a b' holds what may not stand here"),
    ('name = "easy-to-reach"', 'name = "../../etc"', "name =", "'../../etc' holds what may not stand here"),
    ('"Easy to reach"', '"Easy \\u202e to reach"', "title.en", "holds a character that cannot be printed"),
    ('"Easy to reach"', f'"{"x" * 121}"', "title.en", "has 121 characters, at most 120 are allowed"),
    ('title.fr = "Facile à joindre"\n', "", "title.en", "fr is missing"),
    ('title.fr = "Facile à joindre"', 'title.de = "Leicht"', "title.de", "unknown key 'de'"),
    ("[award]", "[[award]]", "[[award]]", "must be a table, not a list"),
    ('unshown = "nothing"', 'unshown = "zero"', "unshown", "is 'zero'; write \"nothing\""),
    ('nothing = 0                            # no', "scale = 2\nnothing = 0 # no", "scale = 2", "has no place where depth is"),
    ("nothing = 0                            # no", "nothing = 2 # no", "nothing = 2", "more than the 1 of the last band"),
    ('schema = "barometer-grid/1"', 'schema = "barometer-grid/2"', "schema", "schema is 'barometer-grid/2'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "there", "what"), WRONG, ids=[f"{one[1][:30]}" for one in WRONG])
def test_what_is_wrong_is_told_with_its_line(old: str, new: str, there: str, what: str) -> None:
    text = changed(old, new)
    found = problems(text)
    place = f"mine.toml:{line_number(text, there)}: "
    assert any(what in one and one.startswith(place) for one in found), (place, found)


@pytest.mark.parametrize(
    ("of", "channels", "what"),
    [
        ("phone.curtesy", '["phone"]', "unknown criterion that people mark 'phone.curtesy'; perhaps phone.courtesy"),
        ("phone.courtesy", '["email"]', "phone.courtesy is not marked on email; it is on phone"),
    ],
)
def test_what_people_mark_must_be_marked_there(of: str, channels: str, what: str) -> None:
    text = rated(f'of = "{of}"\nchannels = {channels}\nscale = 2')
    assert [what in one for one in problems(text)] == [True]


def test_a_scale_other_than_that_of_the_marks_is_refused() -> None:
    assert "people mark from 0 to 2" in problems(rated('of = "phone.courtesy"\nchannels = ["phone"]\nscale = 5'))[0]


def test_a_sound_rating_is_read_with_its_scale() -> None:
    criterion = grid(rated('of = "phone.courtesy"\nchannels = ["phone"]\nscale = 2')).criterion("courtesy")
    assert (criterion.scale, criterion.of, criterion.maximum) == (Decimal(2), "phone.courtesy", Decimal(5))
    assert [case.points for case in cases(criterion)] == [5, Decimal("2.5"), 0, 0]


def rated(lines: str) -> str:
    return (
        f'{example()}\n[[criterion]]\nkey = "courtesy"\nfamily = "answer"\ntitle.en = "Courtesy"\ntitle.fr = "Courtoisie"\n'
        f'measure = "rating"\nweight = 1\nmaximum = 5\nnothing = 0\n{lines}\n'
    )


@pytest.mark.parametrize(
    ("conditions", "what"),
    [
        ('[{ criterion = "phone.clics", at_least = 1 }]', "unknown criterion 'phone.clics'; perhaps phone.clicks"),
        ('[{ criterion = "phone.clicks", at_least = 11 }]', "11 is more than the maximum of phone.clicks, 10"),
        ('[{ criterion = "phone.clicks", at_least = 0 }]', "must be a number above 0"),
        ("[{ at_least = 1 }]", "[label] condition 1 criterion: is missing"),
        ('["phone.clicks"]', "must be a table, not 'phone.clicks'"),
        (
            '[{ criterion = "phone.clicks", at_least = 1 }, { criterion = "phone.clicks", at_least = 2 }]',
            "'phone.clicks' stands there twice",
        ),
    ],
)
def test_a_label_names_criteria_and_points_that_can_be_had(conditions: str, what: str) -> None:
    label = f'[label]\ntitle.en = "L"\ntitle.fr = "L"\nconditions = {conditions}\n[[family]]'
    found = problems(changed("[[family]]", label))
    assert [what in one for one in found] == [True], found


@pytest.mark.parametrize(
    ("plan", "what"), [("phone = 0", "from 1 to 100000, not 0"), ("fone = 3", "perhaps phone"), ("web = 1.5", "whole")]
)
def test_a_plan_counts_attempts_by_channel(plan: str, what: str) -> None:
    found = problems(changed("[award]", f"[plan]\n{plan}\n[award]"))
    assert [what in one for one in found] == [True], found


def test_a_word_of_the_file_that_a_message_repeats_stays_short_and_on_one_line() -> None:
    text = changed('key = "answer"', 'key = """x\n' + "y" * 80 + '"""')
    found = problems(text)
    assert any("unknown family 'answer'; known are display, x yyy" in one for one in found), found
    assert all("\n" not in one and len(one) < 250 for one in found)


def test_a_family_whose_weight_nothing_carries_is_refused() -> None:
    text = example().replace("weight = 1\nmaximum = 10\nbands = [{", "weight = 0\nmaximum = 10\nbands = [{")
    assert "family 'answer' weight: weighs 40, and none of its criteria weighs anything" in problems(text)[0]


def test_everything_that_is_wrong_is_told_in_the_order_of_the_file() -> None:
    text = changed("nights = 5", "nights = 0").replace("weight = 60", "weight = 6").replace('"24 h"', '"24"')
    found = problems(text)
    lines = [int(one.split(":")[1]) for one in found]
    assert len(found) == 3 and lines == sorted(lines)


def test_a_grid_that_is_refused_says_where_and_how_many_problems_more_there_are() -> None:
    text = changed("nights = 5", "nights = 0").replace("weight = 60", "weight = 6")
    with pytest.raises(UserError) as refused:
        grid(text)
    assert str(refused.value).startswith(f"mine.toml:{line_number(text, 'nights')}: nights: must be")
    assert str(refused.value).endswith("(1 more: barometer grid check)")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"schema = \n", "mine.toml:1: is not TOML: Invalid value (column 10)"),
        (b"a = 1\na = 2\n", "mine.toml:2: is not TOML: Cannot overwrite a value"),
        (b'a = 1\nb = "open', "is not TOML: "),
        (b"# \xff\nname = 1", "mine.toml:1: is not UTF-8"),
        (b"a = 1\n# \xe9\n", "mine.toml:2: is not UTF-8; save the file as UTF-8"),
        (b"a = 0000-00-00", "is not TOML"),
        (b"a = " + b"9" * 5_000, "mine.toml:1: the line has 5004 characters"),
        (b"a = [\n" + b"[\n" * 3_000 + b"]\n" * 3_001, "nests lists or tables too deeply"),
        (b"#\n" * MAX_BYTES, "is larger than 100 kB"),
        (b"", "schema is missing"),
        (b"\x00", "is not TOML"),
    ],
)  # fmt: skip
def test_what_is_no_grid_at_all_is_refused_in_one_line(content: bytes, what: str) -> None:
    with pytest.raises(UserError) as refused:
        grids.parse(content, "mine.toml")
    assert what in str(refused.value) and "\n" not in str(refused.value)


def test_a_byte_order_mark_and_windows_line_ends_change_nothing_but_the_hash() -> None:
    plain = grid(example())
    other = grids.parse(b"\xef\xbb\xbf" + example().replace("\n", "\r\n").encode(), "mine.toml")
    assert other._replace(sha256=plain.sha256) == plain and other.sha256 != plain.sha256


def test_a_key_of_many_parts_does_not_keep_the_reader_busy() -> None:
    text = "\n".join(f"[x{number}]\n{'.'.join(['a'] * 480)} = 1" for number in range(25))
    assert len(text) < MAX_BYTES and problems(text)[0].startswith("mine.toml:1: schema is missing")


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_raise_anything_but_a_user_error(content: bytes) -> None:
    refused(content)


NASTY = [
    "[]", "{}", "true", "-1", "1e400", "inf", "-nan", "''", '"\\u0000"', '"\\u202e"', "1979-05-27", "[1, [2]]", "0x" + "f" * 900,
    "{ a = { b = [] } }", "9" * 900, '"""\n[[criterion]]\n"""', "[\n[[]],\n{a=1}, # }\n'''x'''\n]", "0.0000001", '"phone"', "10", "",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_change_of_a_grid_makes_the_reader_raise_anything_but_a_user_error(data: st.DataObject) -> None:
    lines = grids.source(data.draw(st.sampled_from(BUILTIN))).decode().splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(lines) - 1))
        change = data.draw(st.sampled_from(["drop", "double", "value", "key", "cut"]))
        head, equals, _ = lines[place].partition("=")
        if change == "double":
            lines.insert(place, lines[place])
        else:
            nasty = data.draw(st.sampled_from(NASTY))
            other = {"drop": "", "value": f"{head}{equals}{nasty}", "key": f"{nasty} = 1", "cut": lines[place][:10]}
            lines[place] = other[change]
    refused("\n".join(lines).encode())


def refused(content: bytes) -> None:
    """Read *content*; every problem has a line of the file, and a message of one line."""
    try:
        read = grids.parse(content, "mine.toml")
    except UserError as error:
        assert "\n" not in str(error)
        count = content.count(b"\n") + 1
        assert all(1 <= one.line <= count and "\n" not in one.what + one.remedy for one in check(content).problems)
    else:
        assert sum(one.weight for one in read.criteria) == 1


def test_a_grid_is_found_by_name_and_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("escda").write_text(example(), "utf-8")
    assert grids.load("escda").name == "escda"
    assert grids.load("./escda").name == "easy-to-reach"


@pytest.mark.parametrize(
    ("name", "what"),
    [("ecsda", "perhaps escda is meant"), ("x\0y", "is no path"), (".", "Is a directory"), ("z" * 5_000, "z")],
)
def test_a_grid_that_is_not_there_is_told_in_one_line(name: str, what: str) -> None:
    with pytest.raises(UserError) as refused:
        grids.load(name)
    assert what in str(refused.value) and len(str(refused.value)) < 400


def test_channels_that_one_criterion_takes_together_are_one_way() -> None:
    read = grids.load("open-to-dialog")
    assert ways([read.criterion("email.depth"), read.criterion("email.delay")]) == 1
    assert ways([read.criterion("email.depth"), read.criterion("phone.depth")]) == 2


@pytest.mark.parametrize(
    ("text", "seconds"), [("30 s", 30), ("1 min", 60), ("1.5 h", 5_400), ("24h", 86_400), ("14 d", 1_209_600)]
)
def test_a_time_is_read_in_seconds(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-1 s", "1 week", "1 s s", "1 S", "1,5 h", "٣ s", "9999999999 s"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a time"):
        seconds_of(text)


@given(st.decimals(min_value=0, max_value=10**7, places=3))
def test_a_time_is_written_so_that_it_reads_the_same(seconds: Decimal) -> None:
    assert seconds_of(span_text(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "said"), [(30, "30 s"), (90, "90 s"), (60, "1 min"), (86_400, "24 h"), (1_209_600, "14 d")]
)
def test_a_time_is_written_as_the_field_writes_it(seconds: int, said: str) -> None:
    assert span_text(Decimal(seconds)) == said
