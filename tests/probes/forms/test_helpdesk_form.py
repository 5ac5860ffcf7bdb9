"""The public form of a real help desk: sent once, and a ticket is there."""

import pytest

from probes.probe import Sent
from tests.helpdesk import Helpdesk, helpdesk, mail, shared_mail_servers
from tests.probes.forms.customers import Customer

__all__ = ["helpdesk", "mail", "shared_mail_servers"]
pytestmark = pytest.mark.slow


def test_the_public_form_of_a_real_help_desk_makes_one_ticket(customer: Customer, helpdesk: Helpdesk) -> None:
    assert customer.checks_at(helpdesk.form_url).good
    assert helpdesk.tickets() == 0
    told = customer.sends(
        helpdesk.form_url, [], subject="Delivery to a parcel shop", body="Hello, do you deliver to a parcel shop?"
    )
    assert isinstance(told.delivery, Sent), told
    assert told.hand_overs == 1
    assert helpdesk.tickets() == 1
