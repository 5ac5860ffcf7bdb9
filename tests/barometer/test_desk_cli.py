"""``barometer desk`` as the person at the desk meets it: at a real terminal, and by CSV."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from barometer.desk import Doorkeeper, person
from barometer.desk_file import columns
from barometer.desk_times import moment, zone_named
from barometer.errors import UserError
from barometer.measures.waiting import Answered, call
from barometer.probe_settings import Limits
from barometer.settings import Settings
from probes import desk, journal
from probes.criteria import criteria, judgement
from probes.desk_outcomes import outcomes
from probes.stamping import stamp
from probes.stamps import TaskKind
from storage.records import Attempt, Rating
from storage.vocabulary import AttemptState, BlockedBy, Channel, StampKind
from tests.barometer.command_line import run, run_process
from tests.barometer.desk_folder import opened, plan, stored, write_settings
from tests.barometer.terminal import Terminal, at_a_terminal
from tests.probes.desk_samples import NOON, attempt, block, campaign, merchant, stamped_kinds, states

S = AttemptState
K = StampKind
ME = ("--operator", "Camille")
PHONE_CRITERIA = [key for key in criteria() if key.startswith("phone.")]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BAROMETER_SETTINGS", raising=False)
    write_settings(tmp_path)
    return tmp_path


def ratings(folder: Path, key: str) -> dict[str, Decimal | str | None]:
    with opened(folder) as database, database.reading() as session:
        found = session.scalars(select(Rating).where(Rating.attempt_id == key).order_by(Rating.given_at))
        return {one.criterion: one.why if one.value is None else one.value for one in found}


def stamps_of(folder: Path, key: str) -> list[StampKind]:
    with opened(folder) as database, database.reading() as session:
        return stamped_kinds(session, key)


# At the terminal


def choose(terminal: Terminal, says: str) -> None:
    """Press the digit that stands beside an outcome."""
    before = terminal.wait_for(says)
    terminal.wait_for("undo:")
    terminal.press(before.split()[-1])


def mark(terminal: Terminal, marks: str) -> None:
    for key in marks:
        terminal.wait_for("q  stop here")
        terminal.press(key)


def test_a_call_is_made_with_one_key_a_step_told_and_marked(folder: Path) -> None:
    (key,) = plan(folder, Channel.PHONE, target="+33826000000")
    with at_a_terminal("desk", *ME, cwd=folder) as terminal:
        shown = terminal.wait_for("[d] dialled")
        assert "+33826000000" in shown
        assert "0.50 EUR a call" in shown
        assert "Bonjour, livrez-vous le samedi ?" in shown
        for pressed, seen in (("d", "[r] it rings"), ("r", "[m] menu"), ("h", "[x] call over")):
            terminal.press(pressed)
            terminal.wait_for(seen)
        terminal.press("x")
        choose(terminal, "the question was answered")
        terminal.wait_for("a note")
        terminal.press("they deliver on Saturdays\n")
        mark(terminal, "21012")
        mark(terminal, "-")
        terminal.wait_for("why not?")
        terminal.press("no time for it\n")
        mark(terminal, "0")
        terminal.wait_for("1 task ended")
        assert terminal.end() == 0
    assert stored(folder, key).state is S.ANSWERED
    with opened(folder) as database, database.reading() as session:
        assert states(session, key) == [S.SENDING, S.SENDING, S.SENT, S.ANSWERED]
        counting = desk.find(session, key).counting
        assert [one.kind for one in counting] == [K.DIALLED, K.RINGING, K.HUMAN, K.HUNG_UP]
        assert counting[-1].note == "answered: they deliver on Saturdays"
        assert isinstance(call(counting), Answered)
    given = ratings(folder, key)
    assert list(given) == PHONE_CRITERIA
    assert [given[one] for one in PHONE_CRITERIA] == [2, 1, 0, 1, 2, "no time for it", 0]


@pytest.mark.slow
def test_a_slip_is_undone_and_a_mark_taken_back_by_one_key(folder: Path) -> None:
    (key,) = plan(folder, Channel.PHONE)
    with at_a_terminal("desk", *ME, cwd=folder) as terminal:
        terminal.wait_for("[d] dialled")
        terminal.press("d")
        terminal.wait_for("[u] undo")
        terminal.press("u")
        terminal.wait_for("undone: dialled")
        terminal.wait_for("[d] dialled")
        terminal.press("d")
        terminal.wait_for("[h] a person speaks")
        terminal.press("x")
        terminal.wait_for("undo: hung_up")
        terminal.press("u")
        terminal.wait_for("undone: hung_up")
        terminal.wait_for("[h] a person speaks")
        terminal.press("h")
        terminal.wait_for("[x] call over")
        terminal.press("x")
        choose(terminal, "a part of the question")
        terminal.wait_for("a note")
        terminal.press("\n")
        mark(terminal, "2u0q")
        assert terminal.end() == 0
    assert stamps_of(folder, key)[:3] == [K.DIALLED, K.UNDO, K.DIALLED]
    assert ratings(folder, key) == {"phone.courtesy": 0}


@pytest.mark.slow
def test_a_form_that_stopped_the_program_is_sent_by_a_person_who_may_leave_before_the_end_is_told(
    folder: Path,
) -> None:
    (key,) = plan(folder, Channel.FORM, assisted=False, target="https://elan.test/contact")
    with opened(folder) as database, database.session() as session:
        block(session, session.get_one(Attempt, key), BlockedBy.CAPTCHA)
    with at_a_terminal("desk", *ME, cwd=folder) as terminal:
        assert "captcha" in terminal.wait_for("[s] sent")
        terminal.press("s")
        terminal.wait_for("undo: sent")
        terminal.press("q")
        terminal.wait_for("left for later; 1 stamps are kept")
        assert terminal.end() == 0
    assert stored(folder, key).state is S.BLOCKED
    with at_a_terminal("desk", *ME, cwd=folder) as terminal:
        choose(terminal, "the site said")
        terminal.wait_for("a note")
        terminal.press("\n")
        terminal.wait_for("1 task ended")
    assert stored(folder, key).state is S.SENT


@pytest.mark.slow
def test_the_timer_runs_while_nobody_touches_a_key(folder: Path) -> None:
    plan(folder, Channel.PHONE)
    with at_a_terminal("desk", *ME, cwd=folder) as terminal:
        terminal.wait_for("[d] dialled")
        terminal.press("d")
        terminal.wait_for("dialled 00:00")
        terminal.wait_for("dialled 00:01")
        terminal.wait_for("dialled 00:02")


@pytest.mark.slow
def test_a_sitting_that_is_killed_loses_no_stamp_and_goes_on_where_it_was(folder: Path) -> None:
    (key,) = plan(folder, Channel.PHONE)
    with at_a_terminal("desk", *ME, cwd=folder) as terminal:
        terminal.wait_for("[d] dialled")
        terminal.press("d")
        terminal.wait_for("[o] on hold")
        terminal.press("o")
        terminal.wait_for("on_hold 00:0")
        terminal.kill()
    assert stored(folder, key).state is S.SENDING
    with at_a_terminal("desk", *ME, cwd=folder) as terminal:
        terminal.wait_for("[h] a person speaks")
        terminal.press("g")
        choose(terminal, "on hold or in a menu")
        terminal.wait_for("a note")
        terminal.press("\n")
        terminal.wait_for("1 task ended")
    assert stored(folder, key).state is S.EXPIRED
    assert ratings(folder, key) == {}


@pytest.mark.slow
def test_a_post_is_kept_with_its_link_and_a_wrong_link_is_asked_for_again(folder: Path) -> None:
    (key,) = plan(folder, Channel.FACEBOOK, target="https://www.facebook.com/elan.test")
    link = "https://www.facebook.com/elan.test/posts/123456"
    with at_a_terminal("desk", *ME, cwd=folder) as terminal:
        terminal.wait_for("[s] sent")
        terminal.press("s")
        choose(terminal, "the post or message can be seen")
        terminal.wait_for("link of what was sent")
        terminal.press("https://elsewhere.test/1\n")
        terminal.wait_for("not kept:")
        terminal.wait_for("link of what was sent")
        terminal.press(f"{link}\n")
        terminal.wait_for("a note")
        terminal.press("\n")
        mark(terminal, "1")
        terminal.wait_for("1 task ended")
    assert (stored(folder, key).state, stored(folder, key).link) == (S.SENT, link)
    with at_a_terminal("desk", *ME, "--waiting", cwd=folder) as terminal:
        terminal.wait_for("[a] answered")
        terminal.press("a")
        choose(terminal, "the question was answered")
        terminal.wait_for("a note")
        terminal.press("\n")
        mark(terminal, "222")
        terminal.wait_for("1 task ended")
    assert stored(folder, key).state is S.ANSWERED
    assert len(ratings(folder, key)) == 4


@pytest.mark.slow
def test_skipping_goes_to_the_next_task_and_quitting_leaves_the_rest(folder: Path) -> None:
    keys = plan(folder, Channel.PHONE, Channel.CHAT, Channel.CONTACT_PAGE)
    with at_a_terminal("desk", *ME, cwd=folder) as terminal:
        terminal.wait_for("[d] dialled")
        terminal.press("k")
        terminal.wait_for("[b] begin")
        terminal.press("q")
        terminal.wait_for("no task was ended")
        assert terminal.end() == 0
    assert {stored(folder, key).state for key in keys} == {S.RELEASED}


@pytest.mark.slow
def test_ctrl_c_ends_a_sitting_without_a_traceback(folder: Path) -> None:
    plan(folder, Channel.PHONE)
    with at_a_terminal("desk", *ME, cwd=folder) as terminal:
        terminal.wait_for("[d] dialled")
        terminal.press("d")
        terminal.wait_for("dialled 00:0")
        terminal.press("\x03")
        terminal.wait_for("broken off; every stamp is kept")
        assert terminal.end() == 130


@pytest.mark.slow
def test_a_merchants_name_cannot_steer_the_terminal_nor_be_read_as_markup(folder: Path) -> None:
    plan(folder, Channel.PHONE, shop=merchant(name="[red]A[/red]\x1b[2J\u202eB"), body="say [bold]\x07this[/bold]")
    with at_a_terminal("desk", *ME, cwd=folder) as terminal:
        shown = terminal.wait_for("[d] dialled")
    assert "[red]A[/red]\ufffd[2J\ufffdB" in shown
    assert "say [bold]\ufffdthis[/bold]" in shown
    assert "\x1b[2J" not in shown


# When nobody may sit down


def test_without_a_terminal_the_desk_points_at_csv(folder: Path) -> None:
    done = run_process("desk", *ME, cwd=folder)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "barometer desk export FILE.csv" in done.err


@pytest.mark.slow
@pytest.mark.parametrize("words", [("desk",), ("desk", "--operator", " "), ("desk", "--operator", "a" * 200)])
def test_whoever_sits_down_says_who_they_are(folder: Path, words: tuple[str, ...]) -> None:
    with at_a_terminal(*words, cwd=folder) as terminal:
        terminal.wait_for("--operator")
        assert terminal.end() == 2


@pytest.mark.slow
def test_the_stop_file_closes_the_desk(folder: Path) -> None:
    plan(folder, Channel.PHONE)
    (folder / "STOP").touch()
    with at_a_terminal("desk", *ME, cwd=folder) as terminal:
        terminal.wait_for("nobody may be contacted now: the stop file exists")
        assert terminal.end() == 2


@pytest.mark.parametrize(
    ("when", "open_"),
    [
        (NOON.replace(hour=9, minute=30), True),
        (NOON.replace(hour=19, minute=30), False),
        (NOON.replace(day=28), False),
        (NOON.replace(month=12, day=25), False),
    ],
)
def test_nobody_is_contacted_in_quiet_hours_on_weekends_and_on_public_holidays_but_a_site_may_be_read(
    folder: Path, when: datetime, open_: bool
) -> None:
    settings = Settings(probes=Limits(stop_file=folder / "STOP"))
    with opened(folder) as database, database.session() as session:
        owner, shop = campaign(ends_at=NOON + timedelta(days=60)), merchant()
        session.add_all([owner, shop])
        call_, look = attempt(session, owner, shop, Channel.PHONE), attempt(session, owner, shop, Channel.CONTACT_PAGE)
        door = Doorkeeper(session, settings, when)
        assert door.admits(desk.find(session, call_.id)) is open_
        assert door.admits(desk.find(session, look.id))
        assert (door.closed is None) is open_


def test_a_merchant_is_not_called_twice_at_once_and_what_was_begun_goes_on(folder: Path) -> None:
    with opened(folder) as database, database.session() as session:
        owner, shop = campaign(), merchant()
        session.add_all([owner, shop])
        first, second = (attempt(session, owner, shop, Channel.PHONE).id for _ in range(2))
        stamp(session, first, K.DIALLED, "Camille", NOON)
        session.flush()
        door = Doorkeeper(session, Settings(probes=Limits(stop_file=folder / "STOP")), NOON + timedelta(seconds=5))
        assert door.admits(desk.find(session, first))
        assert "another attempt at this merchant" in str(door.why_not(desk.find(session, second)))


@pytest.mark.slow
def test_a_merchant_that_asked_to_be_left_alone_is_on_no_list_and_cannot_be_named(folder: Path) -> None:
    (key,) = plan(folder, Channel.PHONE)
    run("optout", "add", "01 99 00 12 34", "--reason", "asked", "--by", "me")
    assert run("desk", "list", "--json").out == "[]\n"
    with at_a_terminal("desk", *ME, "--attempt", key[:8], cwd=folder) as terminal:
        terminal.wait_for("is on the opt-out list")
        assert terminal.end() == 2


# Lists


def test_the_list_tells_what_is_to_be_done_as_json_and_as_a_table(folder: Path) -> None:
    keys = plan(folder, Channel.PHONE, Channel.X, target="+33826000000")
    rows = json.loads(run("desk", "list", "--json").out)
    assert [row["attempt"] for row in rows] == keys
    assert rows[0]["tariff"] == {"class": "premium", "max_eur_per_min": "0.20", "max_eur_per_call": "0.50"}
    assert (rows[0]["task"], rows[1]["task"], rows[1]["tariff"]) == ("call", "post", None)
    assert rows[0]["words"][0]["text"] == "Bonjour, livrez-vous le samedi ?"
    assert rows[0]["wanted"]
    table = run("desk", "list").out
    assert all(key[:8] in table for key in keys)
    assert run("desk", "list", "--limit", "1", "--json").out.count('"attempt"') == 1


def test_an_empty_desk_says_so(folder: Path) -> None:
    assert run("desk", "list") == (0, "", "nothing is to be done at the desk now\n")


def test_what_the_program_may_have_sent_is_pointed_out_to_a_person(folder: Path) -> None:
    (key,) = plan(folder, Channel.FORM, assisted=False)
    with opened(folder) as database, database.session() as session:
        for state, detail in ((S.SENDING, journal.INTENT), (S.SENDING, journal.HANDING_OVER), (S.UNKNOWN, "died")):
            journal.append(session, key, journal.Step(state, "sender 1", detail))
    assert "1 sent by the program may or may not have left" in run("desk", "list").err


# CSV


def fill(folder: Path, *filled: dict[str, str], file: str = "calls.csv") -> None:
    """Export the desk, fill its first rows, and save the file as a spreadsheet would."""
    run("desk", "export", file, "--force")
    with (folder / file).open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    for row, cells in zip(rows, filled, strict=False):
        row.update(cells)
    with (folder / file).open("w", encoding="utf-8-sig", newline="") as text:
        writer = csv.DictWriter(text, list(columns()), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def clock() -> Callable[[int], str]:
    start = (datetime.now(UTC) - timedelta(hours=2)).replace(microsecond=0)
    return lambda seconds: (start + timedelta(seconds=seconds)).isoformat(sep=" ")


def call_row(clock: Callable[[int], str], **more: str) -> dict[str, str]:
    return {
        "operator": "Dominique", "dialled": clock(0), "ringing": clock(4), "human": clock(29), "hung_up": clock(120),
        "outcome": "answered", "note": "=yes", "phone.courtesy": "2", "phone.closing": "call was cut", **more,
    }  # fmt: skip


def test_a_filled_file_becomes_stamps_journal_and_marks_and_importing_it_again_changes_nothing(
    folder: Path, clock: Callable[[int], str]
) -> None:
    keys = plan(folder, Channel.PHONE, Channel.PHONE)
    fill(folder, call_row(clock, note="yes"))
    assert run("desk", "import", "calls.csv", "--dry-run").out == "would be: 1 task new, 0 unchanged, 1 left open\n"
    assert stored(folder, keys[0]).state is S.RELEASED
    assert run("desk", "import", "calls.csv").out == "1 task new, 0 unchanged, 1 left open\n"
    assert (stored(folder, keys[0]).state, stored(folder, keys[1]).state) == (S.ANSWERED, S.RELEASED)
    assert ratings(folder, keys[0]) == {"phone.courtesy": 2, "phone.closing": "call was cut"}
    with opened(folder) as database, database.reading() as session:
        found = call(desk.find(session, keys[0]).counting)
    assert isinstance(found, Answered)
    assert (found.waited, found.total) == (29, 120)
    before = stamps_of(folder, keys[0])
    assert run("desk", "import", "calls.csv").out == "0 tasks new, 1 unchanged, 1 left open\n"
    assert stamps_of(folder, keys[0]) == before


def test_a_file_with_anything_wrong_changes_nothing_and_names_everything(
    folder: Path, clock: Callable[[int], str]
) -> None:
    keys = plan(folder, *[Channel.PHONE] * 8)
    fill(
        folder,
        call_row(clock, note="fine"),
        call_row(clock, note="x", human="", outcome="answered"),
        call_row(clock, note="x", human="yesterday"),
        call_row(clock, note="x", ringing=clock(60)),
        call_row(clock, note="x", outcome="splendid", **{"phone.courtesy": "3"}),
        call_row(clock, note="x", operator="", dialled="2026-11-20 10:00:00"),
        call_row(clock, note="x", hung_up=clock(100_000), outcome=""),
        call_row(clock, note="x", dialled=clock(-90_000)),
    )
    done = run("desk", "import", "calls.csv")
    assert done.code == 2
    assert done.err.splitlines()[-1] == "barometer: nothing imported: 10 problems; mend them, and import the file again"
    told = [line.removeprefix("barometer: calls.csv:") for line in done.err.splitlines()[:-1]]
    assert [line.split(":")[0] for line in told] == ["3", "4", "5", "6", "6", "7", "7", "8", "8", "9"]
    assert "answered does not fit" in told[0]
    assert "human: 'yesterday' is no moment" in told[1]
    assert "lies before ringing" in told[2]
    assert any("phone.courtesy: '3' must be 0, 1 or 2" in line for line in told)
    assert any("outcome: 'splendid' is no outcome" in line for line in told)
    assert any("operator: '' is no name" in line for line in told)
    assert any("names no time zone" in line for line in told)
    assert any("lies in the future" in line for line in told)
    assert "ringing: lies more than a day after the stamp before it" in told[-1]
    assert {stored(folder, key).state for key in keys} == {S.RELEASED}
    assert [stamps_of(folder, key) for key in keys] == [[]] * 8


def test_a_file_may_go_on_where_the_desk_left_off_but_not_contradict_it(
    folder: Path, clock: Callable[[int], str]
) -> None:
    (key,) = plan(folder, Channel.PHONE)
    fill(folder, call_row(clock, note="first"))
    run("desk", "import", "calls.csv")
    for change, why in (
        ({"human": clock(31)}, "was stamped otherwise before, last by Dominique"),
        ({"note": "second"}, "its end was told before: answered"),
    ):
        row = call_row(clock, note="first") | change
        (folder / "again.csv").write_text(
            ",".join(["attempt", *row]) + "\n" + ",".join([key, *row.values()]) + "\n", "utf-8"
        )
        done = run("desk", "import", "again.csv")
        assert done.code == 2
        assert why in done.err


def test_a_row_may_bring_marks_alone_for_a_task_that_is_over_and_for_no_other(
    folder: Path, clock: Callable[[int], str]
) -> None:
    first, second = plan(folder, Channel.PHONE, Channel.PHONE)
    fill(folder, call_row(clock, note="x"))
    run("desk", "import", "calls.csv")
    for key, code in ((first, 0), (second, 2)):
        (folder / "marks.csv").write_text(f"attempt,operator,phone.welcome\n{key},Dominique,1\n", "utf-8")
        assert run("desk", "import", "marks.csv").code == code
    assert ratings(folder, first)["phone.welcome"] == 1
    assert ratings(folder, second) == {}


def test_a_note_without_an_outcome_is_not_lost_in_silence(folder: Path) -> None:
    plan(folder, Channel.PHONE)
    fill(folder, {"operator": "Dominique", "note": "nobody is there on Mondays"})
    assert "outcome: is empty" in run("desk", "import", "calls.csv").err


def test_moments_without_an_offset_are_read_in_the_zone_that_is_named(folder: Path) -> None:
    (key,) = plan(folder, Channel.PHONE)
    paris = zone_named("Europe/Paris")
    start = (datetime.now(UTC) - timedelta(hours=3)).astimezone(paris).replace(microsecond=0, tzinfo=None)
    fill(
        folder,
        {
            "operator": "Dominique",
            "dialled": f"{start:%d/%m/%Y %H:%M:%S}",
            "hung_up": f"{start + timedelta(seconds=20)}",
            "outcome": "Rang out",
        },
    )
    assert run("desk", "import", "calls.csv", "--timezone", "Europe/Paris").code == 0
    assert stored(folder, key).t0 == start.replace(tzinfo=paris).astimezone(UTC)


def test_an_export_is_safe_to_open_in_a_spreadsheet_and_replaces_no_file(folder: Path) -> None:
    plan(folder, Channel.PHONE, shop=merchant(name="=HYPERLINK(1)"), body="+cmd|' /C calc'!A0")
    assert run("desk", "export", "calls.csv").code == 0
    content = (folder / "calls.csv").read_text("utf-8-sig")
    assert "'=HYPERLINK(1)" in content
    assert "'+cmd|" in content
    assert run("desk", "export", "calls.csv").code == 2
    assert run("desk", "import", "calls.csv").out == "0 tasks new, 0 unchanged, 1 left open\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has no first line"),
        ("atempt,dialled\n", "unknown column 'atempt'; do you mean 'attempt'?"),
        ("dialled,human\n", "lacks the column 'attempt'"),
        ("attempt,note,note\n", "stands twice"),
        ("PK\x03\x04", "workbook"),
    ],
)
def test_a_file_that_is_no_desk_file_is_one_line_and_exit_code_2(folder: Path, text: str, why: str) -> None:
    (folder / "calls.csv").write_text(text, "utf-8")
    done = run("desk", "import", "calls.csv")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert why in done.err


def test_one_attempt_on_two_lines_is_refused(folder: Path, clock: Callable[[int], str]) -> None:
    (key,) = plan(folder, Channel.PHONE)
    row = call_row(clock, note="x")
    line = ",".join([key, *row.values()])
    (folder / "calls.csv").write_text(",".join(["attempt", *row]) + f"\n{line}\n{line}\n", "utf-8")
    assert "is the same attempt as line 2" in run("desk", "import", "calls.csv").err
    assert stored(folder, key).state is S.RELEASED


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-11-23 14:03:22", "2026-11-23T13:03:22+00:00"),
        ("2026-11-23T14:03:22+05:00", "2026-11-23T09:03:22+00:00"),
        ("2026-11-23T13:03:22Z", "2026-11-23T13:03:22+00:00"),
        ("23/11/2026 14:03", "2026-11-23T13:03:00+00:00"),
        ("3/2/2026  9:03:05", "2026-02-03T08:03:05+00:00"),
    ],
)
def test_moments_are_read_as_people_and_spreadsheets_write_them(cell: str, expected: str) -> None:
    assert moment(cell, zone_named("Europe/Paris")).astimezone(UTC).isoformat() == expected


@pytest.mark.parametrize(
    "cell", ["", "14:03", "2026-11-23", "31/31/2026 10:00", "2026-10-25 02:30:00", "2026-03-29 02:30:00", "9" * 9000]
)
def test_what_is_no_single_moment_is_refused(cell: str) -> None:
    with pytest.raises(UserError):
        moment(cell, zone_named("Europe/Paris"))


# Vocabulary


def test_every_outcome_has_a_digit_of_its_own() -> None:
    for kind in TaskKind:
        own = [one for one in outcomes().values() if kind in one.kinds]
        for ends in {one.ends for one in own} - {"not_measured"}:
            assert len([one for one in own if one.ends in {ends, "not_measured"}]) <= 9


def test_the_desks_page_names_every_outcome_and_criterion() -> None:
    page = (Path(__file__).parents[2] / "docs" / "desk.md").read_text("utf-8")
    assert [word for word in [*outcomes(), *criteria()] if f"`{word}`" not in page] == []


@pytest.mark.parametrize("text", ["3", "-1", "1.5", "", "?", "ab"])
def test_a_mark_is_0_1_or_2_or_says_why_it_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="must be 0, 1 or 2"):
        judgement(text)


@pytest.mark.parametrize("name", ["", " \n", "a\x1b[2J", "\u202eb"])
def test_a_name_that_could_steer_a_terminal_is_none(name: str) -> None:
    with pytest.raises(UserError):
        person(name, "--by")
