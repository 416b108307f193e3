# SPDX-License-Identifier: Apache-2.0
"""Device, precision and processes of a computation."""

from __future__ import annotations

import datetime
import functools
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import distributed
from torch._C._distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from x2c_training.errors import DeviceError

_PATIENCE = datetime.timedelta(hours=12)
"""The other processes wait so long for the one that prepares the data."""

_TEAMS = itertools.count()
"""Numbers of the teams that this process joins, one after the other."""

_AMPERE = 8
"""Compute capability from which GPUs have bfloat16."""


@dataclass(frozen=True)
class Team:
    """The processes that torch's launcher (`torchrun`) has started, or this one alone.

    Attributes:
        rank: Number of this process.
        local_rank: Likewise, on this machine.
        processes: Number of processes.
        group: Process group for agreement between processes. It works on the CPU, so that no GPU
            waits for it.
    """

    rank: int = 0
    local_rank: int = 0
    processes: int = 1
    group: distributed.ProcessGroup | None = None

    @property
    def leads(self) -> bool:
        """True for the process that prints and writes for all."""
        return self.rank == 0

    def wait(self) -> None:
        """Wait until every process has come here."""
        if self.processes > 1:
            distributed.barrier()

    def any(self, flag: bool) -> bool:
        """Return whether the flag is set in any process."""
        return self._largest(float(flag))[0] > 0.0

    def agrees(self, number: int) -> bool:
        """Return whether every process has come with the same number."""
        # At once: of two questions, a process that knows after the first would not ask the second.
        return self._largest(number, -number) == [number, -number]

    def _largest(self, *numbers: float) -> list[float]:
        """Return each number's largest value in any process."""
        if self.processes == 1:
            return list(numbers)
        found = torch.tensor(numbers, dtype=torch.float64)
        distributed.all_reduce(found, distributed.ReduceOp.MAX, group=self.group)
        return [float(number) for number in found]


@contextmanager
def team(device: str) -> Iterator[Team]:
    """Join the processes of `torchrun`; without it there is this process alone.

    Args:
        device: Device in the settings, which decides how processes communicate.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1 or "RANK" not in os.environ:
        yield Team()
        return
    local = int(os.environ.get("LOCAL_RANK", "0"))
    on_gpu = choose_device(device, local).type == "cuda"
    if on_gpu:
        torch.cuda.set_device(local)
    store, rank, size = _meeting()
    # Addresses of an earlier team of this process would be taken for those of this one.
    fresh = PrefixStore(f"team_{next(_TEAMS)}", store)
    distributed.init_process_group(
        "nccl" if on_gpu else "gloo",
        store=fresh,
        rank=rank,
        world_size=size,
        timeout=_PATIENCE,
    )
    agreeing = distributed.new_group(backend="gloo", timeout=_PATIENCE)
    yield Team(distributed.get_rank(), local, count, agreeing)
    # Not after an error: it would wait for processes that wait for this one, and hide the error.
    distributed.destroy_process_group()


@functools.cache
def _meeting() -> tuple[Any, int, int]:
    """Return the launcher's store, the rank of this process, and the number of processes."""
    store, rank, size = next(rendezvous("env://", timeout=_PATIENCE))
    return store, int(rank), int(size)


def choose_device(name: str, local_rank: int = 0) -> torch.device:
    """Return the device of a name; "auto" is a GPU where there is one.

    Raises:
        DeviceError: It is not there.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DeviceError(
            f"unknown device {name!r}: expected auto, cpu, cuda or cuda:N"
        ) from error
    if device.type == "cpu":
        return device
    if device.type != "cuda":
        raise DeviceError(f"device {name!r} is not supported: expected auto, cpu, cuda or cuda:N")
    number = local_rank if device.index is None else device.index
    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if number >= there:
        raise DeviceError(
            f"device {name!r} is asked for, but torch {torch.__version__} finds {there} GPUs: "
            "install a torch for CUDA and NVIDIA's driver, or train with --device cpu"
        )
    return torch.device("cuda", number)


def sent(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Return a tensor on a device; its way to a GPU is not waited for."""
    if device.type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """Return the type of numbers that convolutions are computed in.

    Raises:
        DeviceError: The device cannot compute with it.
    """
    if name == "auto":
        if device.type == "cuda":
            # Older ones emulate bfloat16, which torch counts as support.
            newer = torch.cuda.get_device_capability(device)[0] >= _AMPERE
            return torch.bfloat16 if newer else torch.float16
        return torch.bfloat16 if _has_amx() else torch.float32
    if name == "float16" and device.type == "cpu":
        raise DeviceError("float16 is for GPUs: use bfloat16 or float32 on a CPU")
    return {
        "float32": torch.float32,
        "bfloat16": torch.bfloat16,
        "float16": torch.float16,
    }[name]


def _has_amx() -> bool:
    """Return whether the processor multiplies matrices of bfloat16 in hardware (Linux)."""
    try:
        return "amx_bf16" in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
