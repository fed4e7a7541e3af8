"""The passages that a `_rag` task shows with its questions: found in an index, free of leaks, within a budget."""
