"""A merchant whose help desk acknowledges by machine and whose agent answers: both are told apart, both are timed."""

from datetime import timedelta
from pathlib import Path

import pytest

from storage.database import open_database
from storage.evidence import EvidenceStore
from storage.vocabulary import AttemptState, ReplyKind
from tests.helpdesk import Helpdesk, helpdesk
from tests.mail_servers import MailServers
from tests.probes.mail.posted import Books
from tests.probes.mail.test_whole_loop import Loop

__all__ = ["helpdesk"]
S = AttemptState


@pytest.mark.slow
def test_the_help_desk_acknowledges_and_its_agent_answers(
    mail: MailServers, helpdesk: Helpdesk, tmp_path: Path
) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'barometer.db'}")
    database.migrate()
    loop = Loop(mail, Books(database), EvidenceStore(tmp_path / "evidence"))
    attempt = loop.send("tokenhd", helpdesk.address)
    mail.box(helpdesk.address).waiting(1)
    helpdesk.read_mail()
    assert helpdesk.tickets() == 1
    mail.operator().waiting(2)
    loop.read()
    assert loop.kinds(attempt) == [ReplyKind.ACKNOWLEDGEMENT], loop.books.replies()[0].rule
    assert loop.state(attempt) is S.ACKNOWLEDGED

    helpdesk.answer("Good morning, yes, we deliver to Corsica within eight days; shipping is twelve euros. Inès")
    mail.operator().waiting(3)
    loop.read()
    assert loop.kinds(attempt) == [ReplyKind.ACKNOWLEDGEMENT, ReplyKind.HUMAN], loop.books.replies()[-1].rule
    assert loop.state(attempt) is S.ANSWERED
    answer = loop.books.replies()[-1]
    assert "deliver to Corsica" in (answer.text or "")
    t0 = loop.books.again(attempt.id).t0
    assert t0 is not None
    assert answer.received_at - t0 > timedelta(minutes=59)
