"""``barometer delays`` says how long merchants took, and what each figure rests on."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from barometer.measures.answer_curve import Curve, NoCurve, answer_curve
from barometer.reports.answer_plot import answer_plot
from barometer.reports.delay_words import duration, horizon, narrow_share
from barometer.statistics import NotMeasured, Share
from probes import journal
from storage.database import Database
from storage.records import Attempt, Campaign, Merchant, Review, Verdict
from storage.vocabulary import AttemptState, BlockedBy, Channel, ReplyKind
from tests.barometer.command_line import Finished, run
from tests.barometer.desk_folder import opened, write_settings
from tests.barometer.measures.attempts import measured, reply
from tests.probes.desk_samples import DAY, NOON, attempt, campaign
from tests.probes.reply_samples import reply as stored_reply

FORTNIGHT = 14 * 86_400
LATER = "2026-12-20"
"""When every window has closed."""


class Books:
    """A database with one campaign, to which attempts and replies are added in a line."""

    def __init__(self, folder: Path) -> None:
        self.database: Database = opened(folder)
        self.campaign = campaign("spring")
        with self.database.session() as session:
            session.add(self.campaign)
        self._shops: dict[str, Merchant] = {}

    def asked(self, name: str, channel: Channel = Channel.EMAIL, category: str = "shoes", **values: Any) -> str:
        """Store an attempt at the merchant *name* that was accepted at noon, and return its key."""
        with self.database.session() as session:
            record = self._attempt(session, name, channel, category, **values)
            for note in (journal.INTENT, journal.HANDING_OVER):
                journal.append(session, record.id, journal.Step(AttemptState.SENDING, "sender", note, at=NOON))
            journal.append(session, record.id, journal.Step(AttemptState.SENT, "sender", at=NOON, t0=NOON))
            return record.id

    def blocked(self, name: str, by: BlockedBy, category: str = "shoes") -> None:
        """Store an attempt that something was in the way of."""
        with self.database.session() as session:
            record = self._attempt(session, name, Channel.EMAIL, category)
            journal.append(session, record.id, journal.Step(AttemptState.BLOCKED, "sender", blocked_by=by))

    def came(self, attempt_id: str | None, hours: float, kind: ReplyKind = ReplyKind.HUMAN) -> str:
        """Store what came back so many hours after noon, and return its key."""
        with self.database.session() as session:
            record = stored_reply(attempt_id, kind=kind, received_at=NOON + timedelta(hours=hours))
            session.add(record)
            session.flush()
            return record.id

    def overruled(self, reply_id: str, replacement: str) -> None:
        """Store that a person decided otherwise about a reply."""
        with self.database.session() as session:
            session.add(
                Review(
                    subject="reply",
                    subject_id=reply_id,
                    verdict=Verdict.OVERRULED,
                    replacement=replacement,
                    why="I read it",
                    reviewer="Alix Martin",
                )
            )

    def _attempt(self, session: Any, name: str, channel: Channel, category: str, **values: Any) -> Attempt:
        if name not in self._shops:
            self._shops[name] = Merchant(key=f"{name}.test", name=name, url=f"https://{name}.test/", category=category)
            session.add(self._shops[name])
            session.flush()
        given = {
            "target": f"hello@{name}.test", "target_source": "sighting 1", "assisted": False,
            "window_seconds": FORTNIGHT, "planned_for": DAY, **values,
        }  # fmt: skip
        return attempt(session, self.campaign, self._shops[name], channel, **given)


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Books:
    monkeypatch.chdir(tmp_path)
    write_settings(tmp_path)
    return Books(tmp_path)


def told(*words: str) -> dict[str, Any]:
    """Return what ``barometer delays`` tells as JSON, once every window has closed."""
    done = run("delays", "--json", "--until", LATER, *words)
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def email(found: dict[str, Any], number: int = 0) -> dict[str, Any]:
    """Return the figures of e-mail of the category with this number."""
    figures: dict[str, Any] = found["categories"][number]["channels"]["email"]
    return figures


def test_the_median_counts_who_has_not_answered_as_waited_for(books: Books) -> None:
    for name, hours in (("a", 1), ("b", 3), ("c", None), ("d", None)):
        key = books.asked(name)
        if hours is not None:
            books.came(key, hours)
    figures = email(told())
    assert figures["median"] == {"seconds": 3 * 3_600, "answered": 2, "total": 4}
    assert figures["counts"]["expired"] == 2
    assert [one["share"]["part"] for one in figures["answered_by"]] == [1, 2, 2]


def test_an_acknowledgement_is_told_apart_from_an_answer(books: Books) -> None:
    key = books.asked("a")
    books.came(key, 0.5, ReplyKind.ACKNOWLEDGEMENT)
    books.came(key, 5)
    figures = email(told())
    assert figures["median"]["seconds"] == 5 * 3_600
    assert figures["acknowledgement_median"]["seconds"] == 1_800


def test_a_reviewer_decides_what_a_reply_counts_as_and_whose_it_is(books: Books) -> None:
    first, second = books.asked("a"), books.asked("b", category="hats")
    books.overruled(books.came(first, 1), ReplyKind.OTHER_AUTOMATIC)
    books.overruled(books.came(None, 2), f"attempt:{second}")
    found = told()
    assert [one["category"] for one in found["categories"]] == ["hats", "shoes"]
    assert email(found, 0)["counts"]["answered"] == 1
    assert email(found, 1)["counts"]["answered"] == 0


def test_a_bounce_counts_only_where_the_merchant_gives_the_address_out(books: Books) -> None:
    for name, source in (("a", "sighting 1"), ("b", "panel")):
        books.came(books.asked(name, target_source=source), 1, ReplyKind.BOUNCE)
    counts = email(told())["counts"]
    assert (counts["bounced"], counts["bounced_elsewhere"]) == (1, 1)


def test_what_was_in_the_way_is_left_out_of_every_share_and_said(books: Books) -> None:
    books.came(books.asked("a"), 1)
    books.blocked("b", BlockedBy.CAPTCHA)
    figures = email(told())
    assert figures["counts"]["blocked"] == {"captcha": 1}
    assert figures["answered_by"][0]["share"]["total"] == 1
    assert "1 captcha" in shown("--until", LATER).out


def test_an_attempt_is_pending_at_a_moment_within_its_window(books: Books) -> None:
    books.asked("a")
    figures = json.loads(shown("--json", "--until", "2026-11-24T13:00").out)["categories"][0]["channels"]["email"]
    assert figures["counts"]["pending"] == 1
    assert figures["median"]["longer_than"] == 24 * 3_600


def test_a_firm_that_answers_on_one_channel_alone_is_seen(books: Books) -> None:
    books.came(books.asked("a"), 1)
    books.asked("a", Channel.FORM, target="https://a.test/contact")
    assert told()["categories"][0]["alike_on_all_channels"]["part"] == 0
    assert "did alike on all of them: 0 of 1" in shown("--until", LATER).out


def test_social_channels_are_counted_by_thirty_hours_too(books: Books) -> None:
    books.came(books.asked("a", Channel.X), 29)
    times = {one["seconds"]: one["share"] for one in told()["categories"][0]["channels"]["x"]["answered_by"]}
    assert times[24 * 3_600]["part"] == 0 and times[30 * 3_600]["part"] == 1


def test_a_category_is_looked_at_alone(books: Books) -> None:
    books.asked("a")
    books.asked("b", category="hats")
    assert [one["category"] for one in told("--category", "hats")["categories"]] == ["hats"]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("autumn",), "there is no campaign 'autumn'"),
        (("--category", "none"), "in the category 'none'"),
        (("--until", "soon"), "'soon' is no date"),
        (("--until", LATER, "--plot", "nowhere/answers.svg"), "--plot nowhere/answers.svg"),
    ],
)
def test_a_wrong_word_is_told_in_one_line(books: Books, words: tuple[str, ...], what: str) -> None:
    books.asked("a")
    done = run("delays", *words)
    assert done.code == 2 and what in done.err.splitlines()[-1]


def test_a_name_that_would_steer_the_terminal_is_shown_without_its_power(books: Books) -> None:
    books.asked("a\x1b[31m[bold]x", target="hello@a.test")
    out = shown("--until", LATER).out
    assert "\x1b" not in out and "[bold]x" in out


def test_the_drawing_is_the_same_for_the_same_answers_and_names_each_curve(books: Books) -> None:
    books.came(books.asked("a"), 2)
    books.asked("b", Channel.FORM)
    for name in ("one.svg", "two.svg"):
        assert run("delays", "spring", "--until", LATER, "--plot", name).code == 0
    drawn = Path("one.svg").read_text("utf-8")
    assert drawn == Path("two.svg").read_text("utf-8")
    ids = {element.get("id") for element in ElementTree.fromstring(drawn).iter()}
    assert {"curve-email", "curve-form"} <= ids


def test_a_hostile_title_is_text_in_the_drawing() -> None:
    curve = answer_curve([measured(reply(2)), measured()])
    assert isinstance(curve, Curve)
    drawn = answer_plot({Channel.EMAIL: curve}, "$x <script>alert(1)</script> --> &amp;", "note $")
    assert not [one for one in ElementTree.fromstring(drawn).iter() if one.tag.endswith("script")]


def test_a_curve_steps_at_each_answer_and_ends_where_nobody_was_watched_longer() -> None:
    curve = answer_curve([measured(reply(2)), measured(reply(5)), measured(), measured()])
    assert isinstance(curve, Curve)
    assert [(point.seconds, point.share) for point in curve.points] == [(0.0, 0.0), (7_200.0, 0.25), (18_000.0, 0.5)]
    assert (curve.watched, curve.answered, curve.total) == (FORTNIGHT, 2, 4)
    assert all(point.low <= point.share <= point.high for point in curve.points)


def test_there_is_no_curve_of_attempts_that_never_left() -> None:
    assert answer_curve([measured(state=AttemptState.PLANNED, t0=None)]) == NoCurve()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (42.4, "42 s"), (59.6, "1 min"), (3_599, "1 h 00"), (11_160, "3 h 06"), (172_800, "2 d 0 h")],
)
def test_a_duration_is_told_in_the_two_units_that_matter(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_an_estimated_share_is_marked_and_an_unknown_one_is_none() -> None:
    assert narrow_share(Share(0.5, 0.2, 0.8, 1, 3, 1)) == "~50 %\n20-80 %"
    assert narrow_share(NotMeasured("nobody was watched for so long")) == "-"
    assert (horizon(30), horizon(172_800)) == ("30 s", "48 h")


def shown(*words: str) -> Finished:
    """Return what ``barometer delays`` prints for people."""
    done = run("delays", *words)
    assert done.code == 0, done.err
    return done


def test_a_demonstration_is_read_up_to_where_its_answers_were_collected(books: Books) -> None:
    books.asked("a")
    until: datetime = NOON + timedelta(hours=10)
    with books.database.session() as session:
        own = session.get_one(Campaign, books.campaign.id)
        own.parameters = {"demonstration": {"factor": 3_600, "collected_until": until.isoformat()}}
    found = told()
    assert email(found)["median"]["longer_than"] == 10 * 3_600
    assert found["clocks"] == {"spring": 3_600}
