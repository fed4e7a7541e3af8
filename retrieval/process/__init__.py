"""What any command is as a process: how it ends, and that it writes alone."""
