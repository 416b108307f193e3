# SPDX-License-Identifier: Apache-2.0
"""Places and names of a network's weights in the checkpoints of training libraries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from x2c_imitation.errors import NetworkError

_AVERAGED = ("state_dict_ema", "model_ema", "ema_state_dict", "ema_model", "ema", "params_ema")
"""Keys of weights averaged over a training, which go before the last ones if they are complete."""

_LAST = ("model", "state_dict", "model_state_dict", "model_state", "net", "network", "params")
"""Keys of the weights."""

_INNER = ("module", "state_dict", "shadow", "shadow_params")
"""Keys of the weights within an averaging."""

_WRAPPERS = ("module", "_orig_mod", "model", "net", "network", "ema_model", "ema")
"""First words of keys that data-parallel and compiled networks and Lightning put in front."""


def state_dict_in(content: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Return the state dict in a checkpoint: itself, or one of its entries.

    Raises:
        NetworkError: The entry of the weights is no state dict.
    """
    last: Mapping[Any, Any] | None = None
    for key in _LAST:
        if key in content:
            inner = content[key]
            if not isinstance(inner, Mapping):
                raise NetworkError(
                    f"expected a state dict as {key!r}, got {type(inner).__name__}; save "
                    "network.state_dict(), not the network"
                )
            last = inner
            break
    complete = 0 if last is None else _tensors(last)
    for key in _AVERAGED:
        averaged = content.get(key)
        for inner in _INNER:
            if isinstance(averaged, Mapping) and isinstance(averaged.get(inner), Mapping):
                averaged = averaged[inner]
        # Some averagings leave out what is not trained.
        if isinstance(averaged, Mapping) and _tensors(averaged) >= max(complete, 1):
            return averaged
    return content if last is None else last


def unwrapped(content: Mapping[Any, Any]) -> dict[str, Tensor]:
    """Return the tensors of a state dict without what wrappers put in front of all keys.

    Raises:
        NetworkError: There are none.
    """
    weights = {str(key): value for key, value in content.items() if isinstance(value, Tensor)}
    # Beside the network, a Lightning module holds its losses and metrics.
    for wrapper in ("model.", "net.", "network."):
        if any(key.startswith(wrapper) for key in weights):
            weights = {key: value for key, value in weights.items() if key.startswith(wrapper)}
    # An averaging counts its steps.
    weights.pop("n_averaged", None)
    if not weights:
        keys = ", ".join(map(str, list(content)[:5])) or "nothing"
        raise NetworkError(f"expected the tensors of a network, got {keys}")
    while len(first := {key.partition(".")[0] for key in weights}) == 1 and first <= {*_WRAPPERS}:
        weights = {key.partition(".")[2]: value for key, value in weights.items()}
    return weights


def _tensors(content: Mapping[Any, Any]) -> int:
    return sum(isinstance(value, Tensor) for value in content.values())
