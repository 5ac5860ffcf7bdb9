"""The doctor at the mail servers: real ones, and none of them is sent anything."""

from pathlib import Path
from typing import Any

import pytest

from barometer.checks.check import Check, Health
from barometer.checks.mail import check_mail
from barometer.probe_settings import Encryption, Mail
from barometer.settings import Settings
from tests.mail_servers import OPERATOR, PASSWORD, MailServers, mail, shared_mail_servers

__all__ = ["mail", "shared_mail_servers"]


def account(servers: MailServers, **other: Any) -> Mail:
    told: dict[str, Any] = {
        "from_name": "Camille Moreau", "from_address": OPERATOR, "smtp_host": "127.0.0.1", "smtp_port": servers.ports.smtps,
        "smtp_user": OPERATOR, "smtp_password": PASSWORD, "imap_host": "127.0.0.1", "imap_port": servers.ports.imaps,
        "imap_user": OPERATOR, "imap_password": PASSWORD, "ca_file": servers.certificate,
    }  # fmt: skip
    return Mail(**{**told, **other})


def checks(mail_account: Mail) -> dict[str, Check]:
    return {check.name: check for check in check_mail(Settings(mail=mail_account))}


def test_without_an_account_there_is_nothing_to_check() -> None:
    (check,) = check_mail(Settings())
    assert (check.health, "not set up" in check.found) == (Health.OK, True)


def test_half_an_account_names_what_is_missing() -> None:
    found = checks(Mail(from_name="Camille Moreau"))
    assert found["mail"].health is Health.WARN
    assert "mail.from_address" in found["mail"].found


@pytest.mark.slow
def test_real_servers_let_us_in_and_nothing_is_sent(mail: MailServers) -> None:
    found = checks(account(mail))
    assert {name: check.health for name, check in found.items()} == {"mail out": Health.OK, "mail in": Health.OK}
    starttls = account(mail, smtp_port=mail.ports.smtp, smtp_encryption=Encryption.STARTTLS)
    assert checks(starttls)["mail out"].health is Health.OK
    assert mail.operator().files() == []
    assert mail.queue_is_empty()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wrong", "name", "remedy"),
    [
        ({"smtp_password": "not-this"}, "mail out", "mail.smtp_user, or the password"),
        ({"imap_password": "not-this"}, "mail in", "mail.imap_user, or the password"),
        ({"imap_folders": ["Nowhere"]}, "mail in", "mail.imap_folders"),
        ({"ca_file": None}, "mail out", "mail.ca_file"),
        ({"smtp_port": 9}, "mail out", "does a firewall let us through?"),
    ],
)
def test_what_keeps_us_out_fails_with_its_own_remedy(
    mail: MailServers, wrong: dict[str, Any], name: str, remedy: str
) -> None:
    check = checks(account(mail, **wrong))[name]
    assert check.health is Health.FAIL
    assert remedy in (check.remedy or ""), check
    assert PASSWORD not in str(check)
    assert "not-this" not in str(check)


def test_a_password_file_that_is_not_there_fails_by_its_name(tmp_path: Path) -> None:
    told = Mail(smtp_host="127.0.0.1", smtp_user="me", smtp_password_file=tmp_path / "gone")
    check = checks(told)["mail out"]
    assert (check.health, "gone" in check.found) == (Health.FAIL, True)


def test_a_maildir_without_its_folders_fails(tmp_path: Path) -> None:
    assert checks(Mail(maildir=tmp_path))["mail in"].health is Health.FAIL
    for name in ("new", "cur"):
        (tmp_path / name).mkdir()
    assert checks(Mail(maildir=tmp_path))["mail in"].health is Health.OK
