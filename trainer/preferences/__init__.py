"""From samples to preference pairs: samples, texts, what is held out, files."""
