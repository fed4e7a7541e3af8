"""What others write in files, and in texts within them: JSON, Python, Parquet. Whatever is wrong has one error."""
