"""Runs and pairs as data sets of the Hugging Face Hub: Parquet, a card, and nothing that is not to be passed on."""
