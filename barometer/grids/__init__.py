"""Grids: versioned files that say what is marked, how much it weighs and who may win."""
