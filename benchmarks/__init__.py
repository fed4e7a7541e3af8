"""Measurements of speed and memory, side by side in one run; one command each, see docs/performance.md."""
