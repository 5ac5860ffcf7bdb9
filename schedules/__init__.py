"""Keeps time; starts commands and imports no other room."""
