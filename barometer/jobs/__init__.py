"""Jobs that are done at their times: who may do one, what each does, and the scheduler that begins them."""
