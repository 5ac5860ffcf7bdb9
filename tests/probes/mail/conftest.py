"""What the tests of the mail path share."""

from tests.mail_servers import mail, shared_mail_servers

__all__ = ["mail", "shared_mail_servers"]
