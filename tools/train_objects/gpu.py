"""Getting numpy arrays onto the GPU without waiting for it."""

import numpy as np
import torch
from torch import Tensor


def upload(values: np.ndarray, device: torch.device, dtype: torch.dtype | None = None) -> Tensor:
    """A copy on `device`. Not blocking: a blocking copy would wait for all work queued before it, hundreds of times a
    batch; from ordinary memory the driver has taken its copy of the values before the call returns."""
    found = torch.from_numpy(np.ascontiguousarray(values))
    if dtype is not None and found.dtype != dtype:
        found = found.to(dtype)
    return found.to(device, non_blocking=True)


def column(values: np.ndarray, device: torch.device, dims: int) -> Tensor:
    """float32 (n, 1, ..) with `dims` dimensions, to scale n pictures each by its own number."""
    return upload(np.asarray(values, np.float32), device).view(-1, *([1] * (dims - 1)))
