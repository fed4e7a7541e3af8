"""Translated explanations: who translates, and what is wrong with what came of it."""
