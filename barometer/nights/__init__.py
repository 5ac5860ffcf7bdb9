"""How a night is read: batches, the processes that read them, reports."""
