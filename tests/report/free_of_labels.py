"""The metrics of scored options that need no labels."""

FREE_OF_LABELS = {
    "consistency",
    "consistency_strict",
    "consistency_all",
    "alpha",
    "kappa_strict",
    "rankc",
    "invalid",
}
