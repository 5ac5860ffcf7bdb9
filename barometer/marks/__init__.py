"""How observations become marks, places and doubts: the parts of scoring and ranking. Pure."""
