"""Tests of the contact forms' probe."""
