"""Services that a run is logged to: W&B and Trackio, by lm-eval's loggers for them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lm_eval.config.evaluate_config import EvaluatorConfig

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Service:
    """A service that a run is logged to, by lm-eval's logger for it."""

    logger: Any
    finish: Callable[[], object]

    def log(self, results: dict[str, Any], samples: dict[str, Any] | None) -> None:
        """Log a run; what fails there must not lose the run."""
        try:
            self.logger.post_init(results)
            self.logger.log_eval_result()
            if samples is not None:
                self.logger.log_eval_samples(samples)
        except Exception as error:
            log.warning("%s failed: %s", type(self.logger).__name__, error)


def start(config: EvaluatorConfig) -> list[Service]:
    """Start the services that a run is logged to."""
    from lm_eval.loggers import TrackioLogger, WandbLogger

    services = []
    if config.wandb_args:
        wandb = WandbLogger(config.wandb_args, config.wandb_config_args)
        services.append(Service(wandb, wandb.run.finish))
    if config.trackio_args:
        trackio = TrackioLogger(config.trackio_args)
        services.append(Service(trackio, trackio.finish))
    return services
