"""Loops and studies: what is asked when, when to stop, what came of it."""
