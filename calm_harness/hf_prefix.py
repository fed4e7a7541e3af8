"""The model's place in earlier versions: programs import it from here. It is `calm_harness.models.hf_prefix`."""

from calm_harness.models.hf_prefix import HFPrefixLM

__all__ = ["HFPrefixLM"]
