"""When it was us: so many sites out of reach at once that our own connection must have been away."""

LEAST = 10
"""Sites out of reach from which on that is asked at all (*ours*)."""
SHARE = 0.5
"""Of the sites looked at, the share out of reach above which it was our own connection (*ours*)."""


def was_ours(unreachable: int, of: int) -> bool:
    """Tell whether *unreachable* of *of* sites are so many that they tell of our connection and not of theirs."""
    return unreachable >= LEAST and unreachable > of * SHARE
