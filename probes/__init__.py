"""Writes to merchants and reads what comes back."""
