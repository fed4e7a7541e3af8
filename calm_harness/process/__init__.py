"""Our commands as processes: how they end, and what they start."""
