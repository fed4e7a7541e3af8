"""Questions without options: the task class of the `_open` tasks."""
