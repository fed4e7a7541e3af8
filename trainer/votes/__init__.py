"""Which answer the samples of a question vote for."""
