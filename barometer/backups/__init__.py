"""Copies of the records and their evidence, and what brings both in step again."""
