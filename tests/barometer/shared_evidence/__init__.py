"""A bucket that commands share."""
