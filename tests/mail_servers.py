"""A mail path of real parts: a private Postfix and a private Dovecot, on loopback, from which nothing can leave.

Postfix takes messages (submission with a password over STARTTLS or TLS, and plain for merchants), queues them, bounces
them and hands them over by LMTP; Dovecot keeps the mailboxes, runs Sieve (vacation) and serves IMAP with and without TLS.
Every domain under ``.test`` is delivered here, ``slow.test`` never answers, and any other address is an error: no message
has a way out. Both run as root from folders of their own, beside whatever the machine may run.
"""

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from smtplib import SMTP
from typing import NamedTuple

import pytest
from imap_tools import MailBoxUnencrypted

from tests.mail_configuration import DOVECOT, MAIN, MASTER, VACATION

LOOPBACK = "127.0.0.1"
OPERATOR = "camille.moreau@answers.test"
"""The mailbox of the operator: every address of its domain is delivered to it."""
PASSWORD = "only-for-tests"
PACKAGES = "postfix dovecot-imapd dovecot-lmtpd dovecot-sieve"
PATIENCE_SECONDS = 30
_PROGRAMS = ("postfix", "dovecot", "doveadm", "sievec", "openssl")
_OWNER = "nobody"


class Ports(NamedTuple):
    """Where the servers listen, all on loopback."""

    smtp: int
    smtps: int
    imap: int
    imaps: int
    lmtp: int
    auth: int


class Box:
    """A mailbox: what lies in it, read from Dovecot itself."""

    def __init__(self, servers: "MailServers", address: str) -> None:
        self.servers, self.address = servers, address
        self.home = servers.home(address)

    def files(self) -> list[Path]:
        """Return the messages of the inbox as Dovecot keeps them, oldest first."""
        found = [file for folder in ("new", "cur") for file in (self.home / "Maildir" / folder).glob("*")]
        return sorted(found, key=lambda file: file.stat().st_mtime_ns)

    def messages(self) -> list[bytes]:
        """Return the messages of the inbox, oldest first."""
        return [file.read_bytes() for file in self.files()]

    def waiting(self, count: int) -> list[bytes]:
        """Return the messages once there are at least *count*; the test fails where they do not come."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.files()) < count:
            assert time.monotonic() < deadline, f"{self.address} holds {len(self.files())} messages, not {count}"
            time.sleep(0.05)
        return self.messages()

    def absent(self, text: str) -> None:
        """Let Sieve answer every message as somebody who is away would."""
        script = self.home / ".dovecot.sieve"
        script.write_text(VACATION.format(address=self.address, text=text), "utf-8")
        shutil.chown(script, _OWNER, "nogroup")

    def opened(self) -> MailBoxUnencrypted:
        """Return a connection to it over IMAP, logged in."""
        box = MailBoxUnencrypted(LOOPBACK, self.servers.ports.imap, timeout=PATIENCE_SECONDS)
        box.login(self.address, PASSWORD)
        return box


class MailServers:
    """Postfix and Dovecot at work; made by :func:`mail_servers`."""

    def __init__(self, folder: Path, ports: Ports) -> None:
        self.folder, self.ports = folder, ports
        self.certificate = folder / "certificate.pem"
        self._users = folder / "dovecot" / "users"

    def home(self, address: str) -> Path:
        """Return the folder in which Dovecot keeps the mail of *address*."""
        return self.folder / "mail" / address

    def box(self, address: str) -> Box:
        """Return the mailbox of *address*, made when there is none."""
        return self.boxes(address)[0]

    def boxes(self, *addresses: str) -> list[Box]:
        """Return the mailboxes of *addresses*, made where there are none; many at once take no longer than one."""
        made = [address for address in addresses if not self.home(address).exists()]
        for address in made:
            self.home(address).mkdir()
            shutil.chown(self.home(address), _OWNER, "nogroup")
        with self._users.open("a", encoding="utf-8") as users:
            users.writelines(f"{address}:{{PLAIN}}{PASSWORD}:::::\n" for address in made)
        for address in made:
            self._known(address)
        return [Box(self, address) for address in addresses]

    def _known(self, address: str) -> None:
        """Wait until Dovecot knows *address*: it looks at its list of users once a second."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.doveadm("user", address)
                return
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def operator(self) -> Box:
        """Return the operator's mailbox, in which the answers arrive."""
        return Box(self, OPERATOR)

    def send(self, sender: str, recipient: str, message: bytes) -> None:
        """Let a merchant send *message*."""
        with SMTP(LOOPBACK, self.ports.smtp, timeout=PATIENCE_SECONDS) as smtp:
            smtp.sendmail(sender, [recipient], message)

    def answer(self, merchant: str, question: bytes, words: str, **headers: str) -> None:
        """Let a person at *merchant* answer *question* as a mail program does: to its Reply-To, in its thread."""
        import email
        import email.policy

        asked = email.message_from_bytes(question, policy=email.policy.default)
        recipient = (asked["Reply-To"] or asked["From"]).addresses[0].addr_spec
        reply = EmailMessage()
        reply["From"], reply["To"], reply["Subject"] = merchant, recipient, f"Re: {asked['Subject']}"
        reply["Message-ID"] = make_msgid(domain=merchant.partition("@")[2])
        reply["In-Reply-To"] = reply["References"] = asked["Message-ID"]
        for name, value in headers.items():
            reply[name.replace("_", "-")] = value
        reply.set_content(words)
        self.send(merchant, recipient, reply.as_bytes())

    def queue_is_empty(self) -> bool:
        """Tell whether Postfix has handed over all it took."""
        listed = self._postfix_tool("postqueue", "-j")
        return not listed.strip()

    def settle(self) -> None:
        """Wait until Postfix has handed over all it took; the test fails where it does not."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.queue_is_empty():
            assert time.monotonic() < deadline, self._postfix_tool("postqueue", "-p")
            time.sleep(0.1)

    def drop_queue(self) -> None:
        """Forget what Postfix could not hand over."""
        self._postfix_tool("postsuper", "-d", "ALL")

    def log(self) -> str:
        """Return what both servers logged."""
        return "\n".join(file.read_text("utf-8", "replace") for file in sorted(self.folder.glob("*.log")))

    def doveadm(self, *words: str) -> str:
        """Run ``doveadm`` against the private Dovecot and return what it prints."""
        return _run("doveadm", "-c", str(self.folder / "dovecot.conf"), *words)

    def _postfix_tool(self, *words: str) -> str:
        program, *rest = words
        return _run(program, "-c", str(self.folder / "postfix"), *rest)


def missing() -> str | None:
    """Return why the servers cannot run here, or ``None`` when they can."""
    lacking = [program for program in _PROGRAMS if shutil.which(program, path=_path()) is None]
    if lacking:
        return f"NO REAL MAIL SERVERS: {', '.join(lacking)} not found; install {PACKAGES}"
    return None if os.geteuid() == 0 else "NO REAL MAIL SERVERS: Postfix and Dovecot are started by root"


@contextmanager
def mail_servers() -> Iterator[MailServers]:
    """Start both servers and stop them at the end; raises ``RuntimeError`` when they cannot run here."""
    reason = missing()
    if reason:
        raise RuntimeError(reason)
    # Not the folder of the test run: the servers' own users must be able to reach it.
    folder = Path(tempfile.mkdtemp(prefix="barometer-mail-"))
    folder.chmod(0o755)
    servers = MailServers(folder, Ports(*_free_ports(len(Ports._fields))))
    _prepare(servers)
    dovecot = _started("dovecot", "-F", "-c", str(folder / "dovecot.conf"))
    postfix = _started("postfix", "-c", str(folder / "postfix"), "start-fg")
    try:
        for port in (servers.ports.imap, servers.ports.lmtp, servers.ports.smtp, servers.ports.smtps):
            _listening(port)
        yield servers
    finally:
        with suppress(RuntimeError):
            _run("postfix", "-c", str(folder / "postfix"), "abort")
        for server in (postfix, dovecot):
            server.terminate()
        for server in (postfix, dovecot):
            server.wait(PATIENCE_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_mail_servers() -> Iterator[MailServers]:
    """Give the servers, started once for all tests; skipped where they are not installed."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    with mail_servers() as servers:
        yield servers


@pytest.fixture
def mail(shared_mail_servers: MailServers) -> Iterator[MailServers]:
    """Give the servers with an empty queue, every mailbox empty and nobody absent."""
    servers = shared_mail_servers
    for home in (servers.folder / "mail").iterdir():
        shutil.rmtree(home / "Maildir", ignore_errors=True)
        (home / ".dovecot.sieve").unlink(missing_ok=True)
    yield servers
    servers.drop_queue()


def _prepare(servers: MailServers) -> None:
    folder, ports = servers.folder, servers.ports
    for name in ("postfix", "queue", "postfix-data", "dovecot", "dovecot/run", "dovecot/state", "mail"):
        (folder / name).mkdir()
    shutil.chown(folder / "postfix-data", "postfix", "postfix")
    shutil.chown(folder / "mail", _OWNER, "nogroup")
    _run(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=mail.test",
        "-addext", f"subjectAltName=IP:{LOOPBACK},DNS:localhost",
        "-keyout", str(folder / "key.pem"), "-out", str(servers.certificate),
    )  # fmt: skip
    values = {"folder": folder, "owner": _OWNER, "operator": OPERATOR, **ports._asdict()}
    (folder / "postfix" / "main.cf").write_text(MAIN.format(**values), "utf-8")
    (folder / "postfix" / "master.cf").write_text(MASTER.format(**values), "utf-8")
    (folder / "dovecot.conf").write_text(DOVECOT.format(**values), "utf-8")
    (folder / "dovecot" / "users").write_text(f"{OPERATOR}:{{PLAIN}}{PASSWORD}:::::\n", "utf-8")
    servers.home(OPERATOR).mkdir()
    shutil.chown(servers.home(OPERATOR), _OWNER, "nogroup")
    # A lookup by domain alone finds this entry for every address of it: the catch-all.
    domain = OPERATOR.partition("@")[2]
    (folder / "dovecot" / "domains").write_text(f"{domain}:::::{servers.home(OPERATOR)}:\n", "utf-8")


def _started(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": _path(), "LC_ALL": "C"},
    )


def _run(program: str, *words: str) -> str:
    done = subprocess.run(
        [program, *words],
        capture_output=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
        env={"PATH": _path(), "LC_ALL": "C"},
    )
    if done.returncode:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
        raise RuntimeError(f"{program} {' '.join(words)}: {said}")
    return done.stdout.decode("utf-8", "replace")


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def _free_ports(count: int) -> list[int]:
    taken = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in taken]
    for one in taken:
        one.close()
    return ports


def _listening(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise RuntimeError(f"nothing listens on port {port}") from None
            time.sleep(0.05)


def trusting(servers: MailServers) -> ssl.SSLContext:
    """Return a TLS context that trusts the servers' own certificate and no other."""
    return ssl.create_default_context(cafile=str(servers.certificate))
