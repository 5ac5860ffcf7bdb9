"""Pure measures: from what was recorded to outcomes."""
