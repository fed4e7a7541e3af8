"""Votes, preference pairs, training, and the loop around them: what CALM does to a model."""
