"""One run on many machines: shards of whole questions, and what joins them again."""
