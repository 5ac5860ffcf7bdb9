"""Nights on a Dask cluster of real processes."""
