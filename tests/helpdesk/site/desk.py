"""What people do at the help desk, by its own code: ``desk.py open`` sets it up, ``desk.py answer`` lets an agent answer."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop_settings")
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.sites.models import Site  # noqa: E402
from django.core.management import call_command  # noqa: E402
from helpdesk.models import Queue, Ticket  # noqa: E402
from helpdesk.update_ticket import update_ticket  # noqa: E402

AGENT = "agent"


def open_desk(imap_port: int, user: str, password: str, site: str) -> None:
    """Make the tables, an agent, and a queue that reads its mailbox by IMAP."""
    call_command("migrate", verbosity=0)
    Site.objects.update_or_create(pk=1, defaults={"domain": site, "name": "Maison Verrane"})
    get_user_model().objects.create_superuser(AGENT, "agent@verrane.test", "only-for-tests", first_name="Inès")
    Queue.objects.create(
        title="Service après-vente", slug="sav", allow_public_submission=True, allow_email_submission=True,
        email_address=user, email_box_type="imap", email_box_host="127.0.0.1", email_box_port=imap_port,
        email_box_user=user, email_box_pass=password, email_box_imap_folder="INBOX", email_box_interval=0,
        locale=os.environ.get("HELPDESK_LANGUAGE", "en"),
    )  # fmt: skip


def answer(words: str) -> None:
    """Let the agent answer the newest ticket, in words that the submitter receives."""
    agent = get_user_model().objects.get(username=AGENT)
    update_ticket(agent, Ticket.objects.latest("id"), comment=words, public=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["open", port, user, password, site]:
            open_desk(int(port), user, password, site)
        case ["answer", words]:
            answer(words)
        case ["read"]:
            call_command("get_email", quiet=True)
        case ["tickets"]:
            sys.stdout.write(f"{Ticket.objects.count()}\n")
        case _:
            sys.exit("desk.py open PORT USER PASSWORD SITE | answer WORDS | read | tickets")
