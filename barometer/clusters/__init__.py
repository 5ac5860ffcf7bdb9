"""A Dask cluster that reads the batches of a night: how it is reached, what its workers are asked and do."""
