"""Prompts that a model answers while it is trained, and what becomes of its answers."""
