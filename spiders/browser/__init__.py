"""Looks at pages as a visitor does: the one place that knows a browser."""
