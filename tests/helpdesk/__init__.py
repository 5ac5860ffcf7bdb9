"""A real merchant: django-helpdesk with its own mailbox, its public form, and an agent who answers.

It runs in its own virtual environment, ``build/helpdesk``, which ``sh tests/helpdesk/install`` makes; its mail goes and comes
through the private Postfix and Dovecot of :mod:`tests.mail_servers`, and its pages are served on loopback.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from tests.mail_servers import LOOPBACK, PASSWORD, MailServers, mail, shared_mail_servers

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / "build" / "helpdesk" / "bin" / "python"
SITE = Path(__file__).parent / "site"
ADDRESS = "sav@verrane.test"
PATIENCE_SECONDS = 60

__all__ = ["Helpdesk", "helpdesk", "helpdesk_at_work", "mail", "shared_mail_servers"]


class Helpdesk:
    """The merchant's help desk at work."""

    address = ADDRESS

    def __init__(self, mail: MailServers, folder: Path, port: int, language: str) -> None:
        self._folder = folder
        self.url = f"http://{LOOPBACK}:{port}/"
        self.form_url = f"{self.url}tickets/submit/"
        self.environment = {
            "PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "DJANGO_SETTINGS_MODULE": "shop_settings",
            "HELPDESK_FOLDER": str(folder), "HELPDESK_SMTP_PORT": str(mail.ports.smtp), "HELPDESK_ADDRESS": ADDRESS,
            "HELPDESK_LANGUAGE": language,
        }  # fmt: skip

    def read_mail(self) -> None:
        """Let it fetch its mail, make tickets of it, and acknowledge them."""
        self.work("read")

    def answer(self, words: str) -> None:
        """Let an agent answer the newest ticket."""
        self.work("answer", words)

    def tickets(self) -> int:
        """Return how many tickets there are."""
        return int(self.work("tickets"))

    def work(self, *words: str) -> str:
        """Let somebody work at the desk (see ``site/desk.py``), and return what is printed."""
        done = subprocess.run(
            [PYTHON, SITE / "desk.py", *words],
            cwd=SITE, env=self.environment, capture_output=True, timeout=120, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-4_000:]
        return done.stdout.decode("utf-8", "replace")


@contextmanager
def helpdesk_at_work(mail: MailServers, language: str = "en") -> Iterator[Helpdesk]:
    """Set up a help desk that speaks *language*, serve its pages on loopback, and take all away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="barometer-helpdesk-"))
    mail.box(ADDRESS)
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
    desk = Helpdesk(mail, folder, port, language)
    desk.work("open", str(mail.ports.imap), ADDRESS, PASSWORD, f"{LOOPBACK}:{port}")
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [PYTHON, "-m", "django", "runserver", "--noreload", f"{LOOPBACK}:{port}"],
            cwd=SITE, env={**desk.environment, "PYTHONPATH": str(SITE)}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _serving(desk.form_url, server, folder / "server.log")
        yield desk
    finally:
        server.kill()
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def helpdesk(mail: MailServers) -> Iterator[Helpdesk]:
    """Give a help desk at work; skipped where it is not installed."""
    if not PYTHON.exists():
        pytest.skip("NO REAL MERCHANT: install django-helpdesk with: sh tests/helpdesk/install")
    with helpdesk_at_work(mail) as desk:
        yield desk


def _serving(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urlopen(url, timeout=10):
                return
        except HTTPError as error:
            raise RuntimeError(f"{url}: {error.code}: {log.read_text('utf-8', 'replace')[-3000:]}") from None
        except (URLError, OSError):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no page at {url}: {log.read_text('utf-8', 'replace')[-3000:]}") from None
            time.sleep(0.1)
