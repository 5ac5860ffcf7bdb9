"""X: what a person posts there, what an account may post by itself, and what comes back."""
