"""Probes: what one and the same question, asked in another way, says of where languages part."""
