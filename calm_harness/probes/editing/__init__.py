"""Telling a model a new fact, in its prompt or its weights, and asking it before and after."""
