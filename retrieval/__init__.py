"""Corpora, encoders, the FAISS index and search; useful alone, knows nothing of questions or tasks."""
