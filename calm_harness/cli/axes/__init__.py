"""What the runs of `calm grid` differ in: an axis a file."""
