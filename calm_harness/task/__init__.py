"""Our side of lm-eval: the task class, its options, few-shot examples, passages, and what its rows come to.

The task files name `calm_harness.task.calm_task`. What does not need lm-eval itself (options, scores, paths, tokens)
can be imported without it.
"""
