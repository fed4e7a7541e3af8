"""Leaderboards for strangers: what they may see of one, and a Space that shows it."""
