# SPDX-License-Identifier: Apache-2.0
"""Prepare a data set once: images decoded, transferred, and brought to the network's size.

What is done stays done: a preparation that was stopped goes on where it was, and one that is
complete is found again by its fingerprint, which covers every row's image and values.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import as_completed
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from x2c_core.arrays import Indices
from x2c_core.errors import WorkerError, X2CError
from x2c_core.system.worker_pool import worker_pool
from x2c_datasets.errors import DataSetError
from x2c_datasets.formats import DataSet, Pair
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.runtime.predictor import fit
from x2c_training.data import dataset_cache
from x2c_training.data.dataset_cache import Prepared, PreparedFiles, RowState
from x2c_training.data.transfer_images import make_transferrer, transfer_key
from x2c_training.data.transferrer import TransferChoice, check_landmarks
from x2c_training.errors import PreparationError

Advance = Callable[[int, int], None]
"""Called with how many rows are done, and how many there are."""

_FORMAT = 1
_CHUNK = 50
_SLOW_CHUNK = 4
"""Rows that are done at once; networks can take seconds for each."""

_CACHE = ".prepared"


def prepare(
    data: DataSet,
    config: NetworkConfig,
    transfer: TransferChoice | None,
    *,
    folder: Path | None = None,
    workers: int = 1,
    advance: Advance = lambda done, total: None,
) -> Prepared:
    """Return a data set, prepared; what has been prepared before is used again.

    Args:
        data: Read with landmarks, where there are to be transferred images.
        config: Configuration of the network, with the crop and size of its input.
        transfer: Robot onto whose neutral image expressions are transferred, and how; None for
            no transferred images.
        folder: Folder of prepared data; default: inside that of the data set.
        workers: Number of processes; there is one where networks make the transferred images,
            as they use all cores themselves.
        advance: Called with the progress.

    Raises:
        PreparationError: Nothing can be used, the network takes landmarks and there are none,
            or it cannot be written.
        X2CError: The robot or the motion transfer cannot be used.
    """
    check_landmarks(config, transfer)
    pairs = list(data)
    print_ = _fingerprint(pairs, config, transfer)
    place = (folder or data.folder / _CACHE) / print_[:16]
    files = PreparedFiles(
        place, len(pairs), config.image_size, transfer is not None, config.landmarks
    )
    try:
        if dataset_cache.read_manifest(place) is None:
            values = np.array([pair.values for pair in pairs]).reshape(len(pairs), -1)
            files.create(values, _manifest(data, pairs, config.image_size, print_))
        state = files.state()
        todo = np.flatnonzero(state == RowState.TODO)
        advance(len(pairs) - len(todo), len(pairs))
        for rows, reasons in _work(files, pairs, todo, config, transfer, workers):
            for row, reason in reasons.items():
                dataset_cache.add_bad_row(
                    place, f"{pairs[row].source} row {pairs[row].row}: {reason}"
                )
            state[rows] = [RowState.BAD if row in reasons else RowState.READY for row in rows]
            advance(int(np.count_nonzero(state)), len(pairs))
        del state
    except OSError as error:
        raise PreparationError(
            f"cannot write prepared data to {place}: {error.strerror or error}; give another "
            "folder with --cache, or make room"
        ) from error
    found = dataset_cache.open_prepared(place)
    if not found.usable.any():
        listed = "".join(f"\n  {one}" for one in list(found.skipped)[:5])
        raise PreparationError(f"nothing of {data.folder} can be used:{listed}")
    return found


def _fingerprint(
    pairs: Sequence[Pair], config: NetworkConfig, transfer: TransferChoice | None
) -> str:
    digest = hashlib.sha256()
    key = transfer_key(transfer, config) if transfer is not None else ""
    made = [_FORMAT, config.image_size, config.crop, key]
    # What was prepared for networks without landmarks is found again.
    digest.update(json.dumps([*made, "landmarks"] if config.landmarks else made).encode())
    for pair in pairs:
        try:
            found = pair.image.stat()
        except OSError:
            stamp = (0, 0)
        else:
            stamp = (found.st_size, found.st_mtime_ns)
        digest.update(f"{pair.image}\0{stamp}\0{pair.split}\n".encode())
        digest.update(np.ascontiguousarray(pair.values, np.float64).tobytes())
    return digest.hexdigest()


def _manifest(data: DataSet, pairs: Sequence[Pair], size: int, fingerprint: str) -> dict[str, Any]:
    return {
        "fingerprint": fingerprint,
        "source": str(data.folder),
        "size": size,
        "splits": [pair.split for pair in pairs],
        "skipped": [str(one) for one in data.skipped],
        "notes": list(data.notes),
    }


Done = tuple[list[int], dict[int, str]]


def _work(
    files: PreparedFiles,
    pairs: Sequence[Pair],
    todo: Indices,
    config: NetworkConfig,
    transfer: TransferChoice | None,
    workers: int,
) -> Iterable[Done]:
    chunk_size = _CHUNK
    if transfer is not None and transfer.sees_images:
        chunk_size, workers = _SLOW_CHUNK, 1
    chunks = [
        todo[start : start + chunk_size].tolist() for start in range(0, len(todo), chunk_size)
    ]
    if not chunks:
        return
    if workers <= 1 or len(chunks) == 1:
        with closing(_Worker(files, config, transfer)) as worker:
            for chunk in chunks:
                yield worker.work(chunk, [pairs[row] for row in chunk])
        return
    try:
        with worker_pool(min(workers, len(chunks)), _begin, (files, config, transfer)) as pool:
            waiting = [pool.submit(_one, chunk, [pairs[row] for row in chunk]) for chunk in chunks]
            for done in as_completed(waiting):
                yield done.result()
    except WorkerError as error:
        raise PreparationError(
            "a process that prepares images has ended unexpectedly (is the memory used up?); "
            "finished images are kept; to resume, give the same command again"
        ) from error


class _Worker:
    """Worker that makes rows."""

    def __init__(
        self, files: PreparedFiles, config: NetworkConfig, transfer: TransferChoice | None
    ) -> None:
        self._rendered = files.images(dataset_cache.RENDERED)
        self._config = config
        self._transferrer = self._transferred = None
        if transfer is not None:
            self._transferrer = make_transferrer(transfer, config)
            self._transferred = files.images(dataset_cache.TRANSFERRED)
        self._motion = files.motion() if config.landmarks else None

    def work(self, rows: list[int], pairs: Sequence[Pair]) -> Done:
        """Make some rows; returns them, and why some of them cannot be made."""
        reasons = {}
        for row, pair in zip(rows, pairs, strict=True):
            try:
                self._rendered[row] = fit(pair.read_image()[None], self._config)[0]
                if self._transferrer is not None and self._transferred is not None:
                    self._transferred[row] = self._transferrer.image(pair)
                    if self._motion is not None:
                        self._motion[row] = self._transferrer.motion(pair)
            except X2CError as error:
                text = str(error)
                prefix = f"{pair.source} row {pair.row}: "
                is_named = isinstance(error, DataSetError) and text.startswith(prefix)
                reasons[row] = text.removeprefix(prefix) if is_named else text
        return rows, reasons

    def close(self) -> None:
        """Bring what was made to the disk."""
        if self._transferrer is not None:
            self._transferrer.close()
        for mapped in (self._rendered, self._transferred, self._motion):
            if isinstance(mapped, np.memmap):
                mapped.flush()


_worker: _Worker | None = None


def _begin(files: PreparedFiles, config: NetworkConfig, transfer: TransferChoice | None) -> None:
    global _worker
    cv2.setNumThreads(1)
    _worker = _Worker(files, config, transfer)


def _one(rows: list[int], pairs: Sequence[Pair]) -> Done:
    if _worker is None:
        raise PreparationError("the process that prepares images was not set up")
    return _worker.work(rows, pairs)
