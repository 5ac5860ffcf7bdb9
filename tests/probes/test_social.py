"""Replies from the social networks, and reading them page by page."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.api_answer import ApiError, NoConnection
from probes.social import (
    LONGEST_TEXT,
    MAX_PAGES,
    Ended,
    NotReadable,
    Page,
    Reading,
    SocialReply,
    Unreadable,
    in_thread,
    moment,
    read_items,
    read_pages,
    written,
)
from tests.probes.clocks import START


def reply(number: int, thread: str = "", answers: str | None = None) -> SocialReply:
    return SocialReply(str(number), "7", START + timedelta(seconds=number), "bonjour", answers, b"{}", thread)


def read(*pages: Page | ApiError, old: int = 0) -> tuple[Reading, list[str]]:
    """Return the reading of *pages*, the last of which is given for good, and the cursors that were asked for."""
    asked: list[str] = []

    async def page_after(cursor: str) -> Page:
        asked.append(cursor)
        page = pages[min(len(asked), len(pages)) - 1]
        if isinstance(page, ApiError):
            raise page
        return page

    return asyncio.run(read_pages(page_after, lambda one: int(one.id) <= old)), asked


def test_all_pages_are_read_and_each_reply_is_told_once() -> None:
    reading, asked = read(Page([reply(3), reply(2)], "b"), Page([reply(2), reply(1)], ""))
    assert [one.id for one in reading.replies] == ["3", "2", "1"]
    assert (reading.is_complete, asked) == (True, ["", "b"])


def test_a_cursor_that_came_before_ends_the_reading_as_incomplete() -> None:
    reading, asked = read(Page([reply(3)], "b"), Page([reply(2)], "c"), Page([reply(1)], "b"))
    assert reading.ended is Ended.REPEATED_CURSOR
    assert (len(reading.replies), len(asked)) == (3, 3)


def test_endless_new_cursors_end_too() -> None:
    count = iter(range(10_000))

    async def page_after(_: str) -> Page:
        number = next(count)
        return Page([reply(number)], f"c{number}")

    reading = asyncio.run(read_pages(page_after))
    assert reading.ended is Ended.PAGE_LIMIT
    assert len(reading.replies) == MAX_PAGES


def test_what_was_read_before_a_failure_is_kept_and_the_failure_told() -> None:
    failure = NoConnection("gone")
    reading, _ = read(Page([reply(3)], "b"), failure)
    assert [one.id for one in reading.replies] == ["3"]
    assert (reading.ended, reading.failure) == (Ended.FAILED, failure)


def test_a_failure_of_the_first_page_is_a_failure() -> None:
    with pytest.raises(NoConnection):
        read(NoConnection("gone"))


def test_reading_stops_at_what_is_already_known() -> None:
    reading, asked = read(Page([reply(9), reply(8)], "b"), Page([reply(7), reply(6)], "c"), old=7)
    assert [one.id for one in reading.replies] == ["9", "8"]
    assert (reading.is_complete, asked) == (True, ["", "b"])


def test_an_old_reply_among_newer_ones_does_not_end_the_reading() -> None:
    reading, asked = read(Page([reply(9), reply(1), reply(8)], "b"), Page([reply(7)], ""), old=1)
    assert [one.id for one in reading.replies] == ["9", "8", "7"]
    assert len(asked) == 2


def test_what_cannot_be_read_is_kept_whole_with_the_reason() -> None:
    def refuse(_: object) -> SocialReply:
        raise NotReadable("no\x1b[2J time")

    assert read_items([{"b": 1, "a": 2}, 7], refuse) == [
        Unreadable("no\ufffd[2J time", b'{"a": 2, "b": 1}'),
        Unreadable("item is no object", b"7"),
    ]


def test_a_thread_is_what_answers_the_post_or_an_answer_to_it() -> None:
    found = in_thread([reply(5, answers="4"), reply(4, answers="1"), reply(3, "1"), reply(2), reply(1, "1")], "1")
    assert [one.id for one in found] == ["3", "4", "5"]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-20T08:59:00.000Z", datetime(2026, 11, 20, 8, 59, tzinfo=UTC)),
        ("2026-11-20T09:59:00+0100", datetime(2026, 11, 20, 8, 59, tzinfo=UTC)),
        ("2026-11-20T09:04:59Z", datetime(2026, 11, 20, 9, 4, 59, tzinfo=UTC)),
    ],
)
def test_a_moment_is_told_in_utc(text: str, utc: datetime) -> None:
    assert moment(text, START) == utc


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        "",
        "yesterday",
        "2026-11-20",
        "2026-11-20T08:59:00",
        "2026-11-20T09:06:00Z",
        "0001-01-01T00:00:00+23:59",
        "9" * 500,
    ],
)
def test_a_moment_that_is_missing_naive_or_in_the_future_is_none(value: object) -> None:
    with pytest.raises(NotReadable):
        moment(value, START)


def test_the_text_keeps_its_lines_and_nothing_that_steers_a_terminal() -> None:
    assert written("Bonjour\u202e,\r\n\x1b[31mmerci\x00\n") == "Bonjour\ufffd,\n\ufffd[31mmerci\ufffd"
    assert written(None) == ""
    assert len(written("z" * 10**6)) == LONGEST_TEXT


@given(st.text())
def test_no_text_whatever_keeps_a_control_or_direction_mark(text: str) -> None:
    clean = written(text)
    clean.encode()
    assert not set(clean) & {*map(chr, range(10)), *map(chr, range(11, 32)), "\x7f", *"\u202a\u202e\u2066\u2069\u200f"}
