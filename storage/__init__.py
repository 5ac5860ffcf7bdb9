"""Keeps records and evidence; knows nothing of the other rooms."""
