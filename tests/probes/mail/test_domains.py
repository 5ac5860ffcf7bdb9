"""Whether a domain takes mail, as its name servers say it."""

import asyncio
from pathlib import Path

import pytest

from probes.mail.domains import Domains
from probes.mail.server import MailServer, Protection
from probes.mail.smtp import EmailProbe
from probes.probe import Checked, Unreachable
from storage.evidence import EvidenceStore
from tests.probes.mail.letters import SENDER
from tests.probes.mail.name_server import name_server


def checked(domain: str, *failing: str) -> Checked:
    async def work() -> Checked:
        async with name_server(frozenset(failing)) as resolver:
            return await Domains(resolver).check(domain)

    return asyncio.run(work())


@pytest.mark.parametrize("domain", ["lampes.test", "six.test", "spare.test", "bare.test"])
def test_a_domain_whose_mail_host_or_itself_has_an_address_takes_mail(domain: str) -> None:
    assert checked(domain) == Checked(True)


@pytest.mark.parametrize(
    ("domain", "why"),
    [
        ("silent.test", "takes no mail"),
        ("dangling.test", "no mail server of dangling.test has an address"),
        ("empty.test", "has no mail server"),
        ("nowhere.test", "no domain nowhere.test"),
    ],
)
def test_a_domain_without_a_mail_host_takes_none_and_the_reason_is_told(domain: str, why: str) -> None:
    found = checked(domain)
    assert not found.good
    assert why in (found.why or "")


def test_name_servers_that_fail_for_one_domain_are_its_fault() -> None:
    assert checked("lampes.test", "lampes.test.") == Checked(False, "the name servers of lampes.test do not answer")


def test_name_servers_that_fail_for_all_are_ours() -> None:
    with pytest.raises(Unreachable, match="no name server answers"):
        checked("lampes.test", "*")


def test_a_domain_that_is_named_as_unchecked_is_not_asked_about() -> None:
    assert asyncio.run(Domains(unchecked={"shop.test"}).check("shop.test")) == Checked(True)


@pytest.mark.parametrize(
    ("target", "good"), [("contact@té.test", True), ("contact@nowhere.test", False), ("nobody", False)]
)
def test_the_probe_checks_the_address_and_then_its_domain_in_ascii(tmp_path: Path, target: str, good: bool) -> None:
    async def work() -> Checked:
        async with name_server() as resolver:
            server = MailServer("127.0.0.1", 9, Protection.NONE)
            probe = EmailProbe(server, SENDER, EvidenceStore(tmp_path), domains=Domains(resolver))
            return await probe.check(target)

    assert asyncio.run(work()).good is good
