"""A loop that is small enough for a test: twelve questions in two languages."""


def settings(offline_model, **changes):
    return {
        "model": str(offline_model),
        "model_args": "dtype=float32",
        "eval_args": ["--device", "cpu"],
        "task": "calm_mini_xl_cloze",
        "metadata": {"split": "train", "languages": ["en", "fr"]},
        "train_questions": 12,
        "dev_questions": 4,
        "test_questions": 6,
        "pairs": {"score": "pmi", "ties": "random"},
        "training": {
            "per_device_train_batch_size": 8, "gradient_checkpointing": False, "report_to": "none", "bf16": False,
        },
        **changes,
    }  # fmt: skip
