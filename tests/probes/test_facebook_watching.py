"""What is said on Facebook to a post, comment or message of ours, as far as the token reaches."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from probes.facebook.links import NoFacebookLink
from probes.facebook.pages import page_in
from probes.social_watch import Unauthorised
from storage.database import open_database
from storage.vocabulary import AttemptState, Channel, ReplyKind
from tests.probes.api_server import Asked, Told, answering, told
from tests.probes.clocks import START
from tests.probes.posts import AGENT, OUR_PAGE, PAGE, STRANGER, Desk, Says, comment

S = AttemptState
OURS = f"{OUR_PAGE}_77"
ANSWER = "Bonjour, oui, nous livrons le samedi dans toute la France."
CANNED = "Merci pour votre message, notre équipe vous répond dans les meilleurs délais."


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Desk:
    database = open_database(database_url)
    database.migrate()
    return Desk(database, tmp_path)


def says(*comments: dict[str, object], asker: object = OUR_PAGE, where: str = OURS) -> Says:
    """Return Facebook with *comments* below the post *where*, which *asker* wrote."""
    found = Says(comments=list(comments))
    found.instead[where] = told(comment("Livrez-vous le samedi ?", 120, id=where, **{"from": {"id": asker}}))
    return found


def refusal(code: int, status: int = 400) -> Told:
    return told({"error": {"code": code, "message": "No"}}, status)


def test_a_comment_of_the_merchants_page_answers_the_attempt(desk: Desk) -> None:
    attempt = desk.posted(Channel.FACEBOOK)
    item = comment(ANSWER)
    with answering(says(item, comment("Moi aussi !", 50, **{"from": {"id": STRANGER}}))) as api:
        assert desk.look(desk.facebook(api))[:3] == (1, 0, 1)
    (reply,) = desk.replies()
    assert (reply.attempt_id, reply.kind, reply.matched_by) == (attempt, ReplyKind.HUMAN, "facebook.comment")
    assert (reply.received_at, reply.source) == (START - timedelta(hours=1), "facebook comments")
    assert json.loads(desk.store.get(reply.evidence)) == item
    assert [event.state for event in desk.life(attempt)] == [S.ANSWERED]
    assert {one.headers["user-agent"] for one in api.asked} == {AGENT}
    assert {one.method for one in api.asked} == {"GET"}


def test_a_form_letter_is_an_acknowledgement_and_the_same_poll_twice_changes_nothing(desk: Desk) -> None:
    attempt = desk.posted(Channel.FACEBOOK)
    with answering(says(comment(CANNED))) as api:
        assert desk.look(desk.facebook(api)).replies == 1
        assert desk.look(desk.facebook(api))[:2] == (0, 1)
    assert [event.state for event in desk.life(attempt)] == [S.ACKNOWLEDGED]


def test_a_comment_that_was_hidden_at_first_is_found_later(desk: Desk) -> None:
    attempt = desk.posted(Channel.FACEBOOK)
    tells = says(comment(CANNED, 10))
    with answering(tells) as api:
        watch = desk.facebook(api)
        desk.look(watch)
        tells.by_path["comments"].append(comment(ANSWER, 90))
        desk.look(watch)
    assert desk.state(attempt) is S.ANSWERED


def test_a_comment_that_was_edited_is_known(desk: Desk) -> None:
    desk.posted(Channel.FACEBOOK)
    tells = says(comment(CANNED))
    with answering(tells) as api:
        watch = desk.facebook(api)
        desk.look(watch)
        tells.by_path["comments"] = [comment(f"{CANNED} !!")]
        assert desk.look(watch)[:2] == (0, 1)


@pytest.mark.parametrize(
    ("link", "where"),
    [
        (f"https://www.facebook.com/{OUR_PAGE}/posts/77", OURS),
        ("https://www.facebook.com/elan.test/posts/77", f"{PAGE}_77"),
        (f"https://www.facebook.com/permalink.php?story_fbid=77&id={OUR_PAGE}", OURS),
        ("https://www.facebook.com/elan.test/posts/66?comment_id=77", "66_77"),
        ("https://www.facebook.com/photo/?fbid=77", "77"),
    ],
)
def test_the_link_that_was_pasted_says_which_thread_is_read(desk: Desk, link: str, where: str) -> None:
    attempt = desk.posted(Channel.FACEBOOK, link=link)
    with answering(says(comment(ANSWER), where=where)) as api:
        desk.look(desk.facebook(api))
    assert f"/v25.0/{where}/comments" in [one.path for one in api.asked]
    assert desk.state(attempt) is S.ANSWERED


def test_a_link_without_a_number_is_left_to_a_person(desk: Desk) -> None:
    desk.posted(Channel.FACEBOOK, link="https://www.facebook.com/share/p/AbC123/")
    with answering(says()) as api:
        taken = desk.look(desk.facebook(api))
    assert ("barometer desk --waiting" in taken.unheard[0].why, api.asked) == (True, [])


@pytest.mark.parametrize(
    ("changes", "asker", "rule"),
    [
        ({"from": None}, OUR_PAGE, "facebook.comment.author-hidden"),
        ({"created_time": "yesterday"}, OUR_PAGE, "facebook.comment.unreadable"),
        ({}, PAGE, "facebook.comment.merchants-own-post"),
    ],
)
def test_what_cannot_be_told_for_sure_is_left_to_a_person(
    desk: Desk, changes: dict[str, object], asker: str, rule: str
) -> None:
    attempt = desk.posted(Channel.FACEBOOK)
    with answering(says(comment(ANSWER, **changes), asker=asker)) as api:
        desk.look(desk.facebook(api))
    (reply,) = desk.replies()
    assert (reply.attempt_id, reply.candidates, reply.matched_by) == (None, [attempt], rule)
    assert desk.state(attempt) is S.SENT


@pytest.mark.parametrize("refused", [refusal(100), refusal(10), refusal(803, 404)])
def test_a_page_whose_number_is_not_told_leaves_its_answer_to_a_person(desk: Desk, refused: Told) -> None:
    desk.posted(Channel.FACEBOOK)
    tells = says(comment(ANSWER))
    tells.instead["elan.test"] = refused
    with answering(tells) as api:
        desk.look(desk.facebook(api))
    assert [one.matched_by for one in desk.replies()] == ["facebook.comment.account-unknown"]


def test_a_post_that_is_not_shown_leaves_its_answer_to_a_person(desk: Desk) -> None:
    desk.posted(Channel.FACEBOOK)
    tells = says(comment(ANSWER))
    tells.instead[OURS] = refusal(100)
    with answering(tells) as api:
        desk.look(desk.facebook(api))
    assert [one.matched_by for one in desk.replies()] == ["facebook.comment.post-unknown"]


def test_a_post_that_is_gone_is_told_and_the_others_are_read(desk: Desk) -> None:
    gone = "https://www.facebook.com/1000123/posts/66"
    desk.posted(Channel.FACEBOOK, link=gone)
    attempt = desk.posted(Channel.FACEBOOK)
    tells = says()

    def comments(asked: Asked) -> Told:
        return refusal(100) if "_66" in asked.path else told({"data": [comment(ANSWER)]})

    tells.instead["comments"] = comments
    with answering(tells) as api:
        taken = desk.look(desk.facebook(api))
    assert ([gone in one.why for one in taken.unheard], desk.state(attempt)) == ([True], S.ANSWERED)


def test_a_limit_stops_all_questions_until_it_is_lifted(desk: Desk) -> None:
    attempt = desk.posted(Channel.FACEBOOK)
    desk.posted(Channel.FACEBOOK, link="https://www.facebook.com/1000123/posts/66")
    tells = says(comment(ANSWER))
    tells.instead["comments"] = refusal(32)
    with answering(tells) as api:
        watch = desk.facebook(api)
        taken = desk.look(watch)
        assert [one.why for one in taken.unheard] == ["the Graph API wants no question before 2026-11-20 10:00:00 UTC"]
        desk.look(watch)
        assert len(api.asked) == 1
        del tells.instead["comments"]
        desk.clock.present += timedelta(hours=1)
        desk.look(watch)
    assert desk.state(attempt) is S.ANSWERED


def test_a_token_that_has_ended_needs_a_person(desk: Desk) -> None:
    desk.posted(Channel.FACEBOOK)
    with answering(refusal(190)) as api, pytest.raises(Unauthorised, match="code 190"):
        desk.look(desk.facebook(api))


def test_an_answer_by_message_is_found_in_the_conversation_of_our_page(desk: Desk) -> None:
    attempt = desk.posted(Channel.FACEBOOK, link="https://www.facebook.com/elan.test")
    thread = {
        "id": "t_1",
        "updated_time": "2026-11-20T08:00:00+0000",
        "participants": {"data": [{"id": PAGE}, {"id": OUR_PAGE}]},
    }
    old = {**thread, "id": "t_2", "updated_time": "2026-11-01T08:00:00+0000"}
    tells = Says(conversations=[thread, old], messages=[comment(ANSWER, id="m_1")])
    with answering(tells) as api:
        desk.look(desk.facebook(api))
        assert api.asked == []
        desk.look(desk.facebook(api, OUR_PAGE))
    assert (desk.state(attempt), desk.replies()[0].matched_by) == (S.ANSWERED, "facebook.message")
    assert [one.path for one in api.asked if one.path.endswith("/messages")] == ["/v25.0/t_1/messages"]


@pytest.mark.parametrize(
    ("target", "page"),
    [
        ("elan.test", "elan.test"),
        ("https://www.facebook.com/elan.test", "elan.test"),
        ("https://www.facebook.com/profile.php?id=2000456", PAGE),
        ("https://www.facebook.com/pages/Elan/2000456", PAGE),
        ("https://www.facebook.com/people/Elan/2000456/", PAGE),
        ("https://www.facebook.com/p/Elan-Chaussures-2000456", PAGE),
    ],
)
def test_the_page_is_read_from_whatever_the_panel_holds(target: str, page: str) -> None:
    assert page_in(target) == page


@pytest.mark.parametrize("target", ["", "..", "https://www.facebook.com/share/p/AbC/", "https://[", "a?b=c"])
def test_what_names_no_page_is_refused(target: str) -> None:
    with pytest.raises(NoFacebookLink):
        page_in(target)


def test_me_is_no_page(desk: Desk) -> None:
    desk.posted(Channel.FACEBOOK, target="me")
    with answering(says(comment(ANSWER))) as api:
        desk.look(desk.facebook(api))
    assert "/v25.0/me" not in [one.path for one in api.asked]
