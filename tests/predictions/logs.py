"""Logs of other people's lm-eval tasks, as small as they can be."""

import json


def write(path, rows):
    """Write a log, a row a line."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def arguments(requests):
    return {f"gen_args_{i}": {"arg_0": context, "arg_1": asked} for i, (context, asked) in enumerate(requests)}


def scored(doc, requests, scores, target, acc=None, *, number=0, **more):
    """A row whose requests were scored: (context, continuation) pairs, and a likelihood of each."""
    return {
        "doc_id": number,
        "doc": doc,
        "target": target,
        "arguments": arguments(requests),
        "resps": [[[str(score), "False"]] for score in scores],
        "filtered_resps": [[str(score), "False"] for score in scores],
        "filter": "none",
        **({} if acc is None else {"acc": acc}),
        **more,
    }


def lettered(doc, gold, choice, number=0, **more):
    """A row of a task with four options that are scored by their letters, as the option of that number is taken."""
    requests = [(f"{doc.get('question', 'Question?')}\nAnswer:", f" {letter}") for letter in "ABCD"]
    scores = [-0.5 if place == choice else -3.0 for place in range(4)]
    return scored(doc, requests, scores, "ABCD"[gold], float(gold == choice), number=number, **more)


def written(doc, responses, target, number=0, prompt="Question?", **more):
    """A row of free text, with one response a repeat."""
    return {
        "doc_id": number,
        "doc": doc,
        "target": target,
        "arguments": arguments([(prompt, {"until": ["\n\n"], "do_sample": False})]),
        "resps": [responses],
        "filtered_resps": [responses[0]],
        "filter": "none",
        "exact_match": 0.0,
        **more,
    }
