"""How much memory is free for a batch."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import torch


def free_memory(device: torch.device) -> int:
    """Tell how many bytes are free on a device; on the CPU within what the container allows."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    free = psutil.virtual_memory().available
    cgroup = Path("/sys/fs/cgroup")  # version 2
    if (cgroup / "memory.max").is_file() and (
        limit := (cgroup / "memory.max").read_text(encoding="ascii").strip()
    ) != "max":
        free = min(free, int(limit) - int((cgroup / "memory.current").read_text(encoding="ascii")))
    return int(free) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
