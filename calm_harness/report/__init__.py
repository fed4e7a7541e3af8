"""Leaderboards of lm-eval runs: `calm report`."""
