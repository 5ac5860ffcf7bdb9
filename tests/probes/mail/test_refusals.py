"""Whose fault a refusal is: the moment's, the merchant's, or ours."""

from datetime import UTC, datetime

import pytest

from probes.mail.refusals import COME_BACK, Stage, refused
from probes.probe import Blocked, NotSent, Unreachable
from storage.vocabulary import BlockedBy

NOW = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("said", ["4.2.0 greylisted, come back", "4.7.1 too many messages", "try again"])
def test_a_temporary_refusal_means_not_now(stage: Stage, said: str) -> None:
    verdict = refused(stage, 451, said, NOW)
    assert isinstance(verdict, NotSent)
    assert verdict.again_at == NOW + COME_BACK


@pytest.mark.parametrize(
    ("code", "said", "by"),
    [
        (550, "5.1.1 <x@lampes.test>: no such user here", BlockedBy.NO_ADDRESS),
        (550, "5.1.10 recipient not found", BlockedBy.NO_ADDRESS),
        (550, "5.4.4 unable to route", BlockedBy.NO_ADDRESS),
        (556, "domain takes no mail", BlockedBy.NO_ADDRESS),
        (552, "5.2.2 mailbox full", BlockedBy.REJECTED),
        (554, "5.7.1 we take no mail from outside", BlockedBy.REJECTED),
        (550, "mailbox unavailable", BlockedBy.REJECTED),
    ],
)
def test_a_refusal_of_the_recipient_is_the_merchants(code: int, said: str, by: BlockedBy) -> None:
    verdict = refused(Stage.RECIPIENT, code, said, NOW)
    assert isinstance(verdict, Blocked)
    assert verdict.by is by
    assert said in verdict.why


@pytest.mark.parametrize(
    ("stage", "code", "said"),
    [
        (Stage.RECIPIENT, 554, "5.7.1 <x@lampes.test>: Relay access denied"),
        (Stage.RECIPIENT, 550, "relaying to this host is not permitted"),
        (Stage.RECIPIENT, 530, "5.7.0 authentication required"),
        (Stage.RECIPIENT, 553, "5.7.1 sender address is not owned by user"),
        (Stage.RECIPIENT, 550, "5.1.8 bad sender's system address"),
        (Stage.RECIPIENT, 503, "5.5.1 need MAIL command"),
        (Stage.SENDER, 550, "5.1.8 no such domain"),
        (Stage.SENDER, 553, "not yours"),
        (Stage.REPLY_ADDRESS, 550, "5.1.1 no such user"),
    ],
)
def test_a_refusal_of_us_blames_no_merchant(stage: Stage, code: int, said: str) -> None:
    with pytest.raises(Unreachable, match="refuses us"):
        refused(stage, code, said, NOW)


def test_a_refused_content_is_a_rejection_whatever_it_says() -> None:
    verdict = refused(Stage.CONTENT, 554, "5.7.1 sender looks like spam", NOW)
    assert isinstance(verdict, Blocked)
    assert verdict.by is BlockedBy.REJECTED


def test_what_a_server_says_can_steer_no_terminal_and_has_an_end() -> None:
    verdict = refused(Stage.RECIPIENT, 550, "5.1.1 \x1b[2J\r\nboo\u202e" + "x" * 100_000, NOW)
    assert verdict.why.isprintable()
    assert len(verdict.why) < 1_000
