"""Pairs for DCO: two options of a question drawn alike in all languages, and what partners make of them."""
