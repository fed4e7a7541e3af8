"""Rows of predictions, one at a time: of what kind each is, what its responses answer, and where it stands."""
