"""The e-mail channel: messages composed, handed over by SMTP, and answers read from IMAP or a Maildir."""
