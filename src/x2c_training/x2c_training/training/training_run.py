# SPDX-License-Identifier: Apache-2.0
"""A training from a data set to weights with a card; what was begun goes on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import distributed

from x2c_core.arrays import Mask
from x2c_core.errors import RobotError
from x2c_core.face.expression_model import ExpressionModel, load_expression_model
from x2c_core.files.results import EarlierResults
from x2c_core.robot.robot_file import load_robot
from x2c_datasets.formats import DataSet, read_data_set
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.network.files import digest
from x2c_imitation.x2cnet.network.weights import save_network
from x2c_imitation.x2cnet.network.x2control import X2Control
from x2c_imitation.x2cnet.transfer.motion_transfer import options_of
from x2c_training.data.dataset_cache import Prepared, open_prepared
from x2c_training.data.preparation import Advance, prepare
from x2c_training.data.transfer_images import why_not
from x2c_training.data.transferrer import TransferChoice, check_landmarks
from x2c_training.device import Team, choose_device
from x2c_training.errors import PreparationError, TrainingError
from x2c_training.evaluation.metrics import Errors
from x2c_training.evaluation.prediction import predict
from x2c_training.settings import DataSettings, TrainingSettings
from x2c_training.settings_file import as_yaml
from x2c_training.training import checkpoint, curves
from x2c_training.training.card import Trained, card_text, metadata
from x2c_training.training.initialisation import first_network
from x2c_training.training.losses import DescriptorLoss
from x2c_training.training.trainer import Trainer, TrainingObserver

WEIGHTS = "network.safetensors"
CARD = "README.md"
SETTINGS = "settings.yaml"
_MADE = (checkpoint.FILE, curves.STEPS, curves.EPOCHS, curves.TENSORBOARD, WEIGHTS, CARD, SETTINGS)
"""Everything that a training writes into its folder."""


@dataclass(frozen=True)
class TrainingJob:
    """Settings of a training, and its folder.

    Attributes:
        data: Folder of the data set.
        robot: Folder of the robot.
        out: Folder for everything that comes of it.
        settings: Settings of the training.
        cache: Folder for prepared data; inside the data set's where it is None.
        workers: Processes that prepare data.
        start: Weights to begin with; random ones where it is None.
        fresh: Whether to forget an earlier training in the same folder.
        command: Command of the user.
    """

    data: Path
    robot: Path
    out: Path
    settings: TrainingSettings
    cache: Path | None = None
    workers: int = 1
    start: Path | None = None
    fresh: bool = False
    command: str = ""


@dataclass(frozen=True)
class TrainingOutcome:
    """Result of a training.

    Attributes:
        finished: Whether it came to its end.
        weights: File of the network; None where it did not.
        errors: On the test split, by kind of images.
        skipped: Rows that could not be used.
        notes: Notes and assumptions.
    """

    finished: bool
    weights: Path | None = None
    errors: dict[str, Errors] = field(default_factory=dict)
    skipped: Sequence[str] = ()
    notes: Sequence[str] = ()


def train(
    job: TrainingJob,
    team: Team,
    watcher: TrainingObserver,
    advance: Advance,
    tell: Callable[[str], None],
) -> TrainingOutcome:
    """Train a network, or go on with a training.

    Args:
        job: Settings and folder.
        team: The processes.
        watcher: Observer of the training.
        advance: Called with the progress of the preparation of data.
        tell: Called with messages for the user.

    Raises:
        X2CError: Something is missing or cannot be used; the text says what to do.
    """
    settings = job.settings
    device = choose_device(settings.run.device, team.local_rank)
    torch.manual_seed(settings.run.seed)
    config = settings.network.config()
    if settings.network.frozen and job.start is None:
        raise TrainingError(
            "network.frozen keeps the backbone of the network that the training begins with: give "
            "one with --from"
        )
    network, note = first_network(job.start, config)
    if note:
        tell(note)
    start = "" if job.start is None else digest(job.start)
    face = _described_face(job)
    data = _prepared(job, team, advance, tell)
    earlier = _open_folder(job) if team.leads else None
    team.wait()
    descriptor_loss: DescriptorLoss | None = None
    if face is not None:
        learned = data.values[data.rows(settings.data.train)]
        descriptor_loss = DescriptorLoss(*face, learned, config)
    trainer = Trainer(
        *(data, settings, config, network, job.out, device, team, watcher, start), descriptor_loss
    )
    step = trainer.resume()
    if team.leads:
        # Not before: a training that is refused leaves the settings of the one that is there.
        _write(job.out / SETTINGS, as_yaml(settings))
    with _stopping() as stop:
        finished = trainer.run(step, stop)
    if not finished or not team.leads:
        notes = [*data.notes, *([str(earlier)] if earlier else [])]
        return TrainingOutcome(finished, skipped=data.skipped, notes=notes)
    errors = _final_errors(trainer.network, config, data, settings)
    begun = "" if job.start is None else f"`{job.start}`"
    trained = Trained(job.command, str(job.data), job.robot.name, settings, data, errors, begun)
    weights = job.out / WEIGHTS
    save_network(weights, trainer.network, config, metadata(trained))
    _write(job.out / CARD, card_text(trained, config))
    if earlier is not None:
        earlier.drop()
    return TrainingOutcome(True, weights, errors, data.skipped, data.notes)


def choose_pairs(data: DataSet, settings: TrainingSettings) -> DataSet:
    """Return the pairs that a training uses: its splits, and no more of them than wanted.

    Raises:
        DataSetError: The training split is not there.
    """
    wanted = settings.data
    kept = list(data.split(wanted.train))
    if wanted.limit and len(kept) > wanted.limit:
        step = len(kept) / wanted.limit
        kept = [kept[int(number * step)] for number in range(wanted.limit)]
    for name in dict.fromkeys((wanted.validation, wanted.test)):
        if name in data.splits and name != wanted.train:
            kept += list(data.split(name))
    return DataSet(data.folder, kept, data.skipped, data.notes)


def _prepared(
    job: TrainingJob, team: Team, advance: Advance, tell: Callable[[str], None]
) -> Prepared:
    """Prepare the data in one process, and open it in all."""
    place: list[str | None] = [None]
    if team.leads:
        try:
            place[0] = str(prepare_data(job, advance, tell).folder)
        except Exception:
            if team.processes > 1:
                distributed.broadcast_object_list(place)
            raise
    if team.processes > 1:
        distributed.broadcast_object_list(place)
    if place[0] is None:
        raise PreparationError("the process that prepares the data has failed")
    return open_prepared(Path(place[0]))


def prepare_data(job: TrainingJob, advance: Advance, tell: Callable[[str], None]) -> Prepared:
    """Prepare the data set of a training; what has been prepared before is used again.

    Args:
        job: Settings and folder.
        advance: Called with the progress.
        tell: Called with messages for the user.

    Raises:
        X2CError: Nothing can be used, or what the settings need cannot be made.
    """
    settings = job.settings
    read = read_data_set(job.data, landmarks=settings.data.transferred != "no")
    data = choose_pairs(read, settings)
    transfer: TransferChoice | None = None
    reason = "data.transferred is no"
    if settings.data.transferred != "no":
        transfer = transfer_choice(settings.data, job.robot)
        reason = why_not(transfer, any(pair.landmarks is not None for pair in data))
        if reason:
            # Who asks for networks does not expect to train without them.
            needed = settings.data.transferred == "yes" or settings.loss.needs_transferred
            needed = needed or transfer.sees_images
            transfer = None
            if needed:
                raise PreparationError(
                    f"no transferred images can be made: {reason}. Without them there can be "
                    "no feature matching: set loss.feature_matching, loss.feature_adaptation "
                    "and loss.transferred to 0, and data.transferred to no"
                )
            tell(f"no transferred images can be made: {reason}; training continues without them")
    if transfer is None and settings.loss.needs_transferred:
        raise PreparationError(
            "loss.feature_matching, loss.feature_adaptation and loss.transferred need "
            "transferred images, but data.transferred is no"
        )
    config = settings.network.config()
    check_landmarks(config, transfer, reason)
    return prepare(data, config, transfer, folder=job.cache, workers=job.workers, advance=advance)


def transfer_choice(settings: DataSettings, robot: Path) -> TransferChoice:
    """Return the motion transfer that settings name, onto the robot in a folder.

    Raises:
        X2CError: There is no such motion transfer, or an option cannot be used.
    """
    options = options_of(settings.transfer, settings.transfer_options)
    return TransferChoice(robot, settings.transfer, options)


def _described_face(job: TrainingJob) -> tuple[ExpressionModel, Mask] | None:
    """Return what the loss of descriptors needs of the robot; None where it has no weight.

    It is the expression model, and which controls (30,) the robot follows.
    """
    if job.settings.loss.descriptors == 0.0:
        return None
    robot = load_robot(job.robot)
    try:
        return load_expression_model(robot.expression_model), robot.followed
    except RobotError as error:
        raise TrainingError(
            f"loss.descriptors needs the robot's expression model: {error}, or set "
            "loss.descriptors to 0"
        ) from error


def _open_folder(job: TrainingJob) -> EarlierResults | None:
    """Make the folder; with --fresh, put an earlier training out of the way and return it."""
    forgotten = [job.out / name for name in _MADE]
    if job.fresh and job.start and job.start.resolve() in [one.resolve() for one in forgotten]:
        raise TrainingError(
            f"--fresh would delete {job.start}, which the training is to begin with: choose "
            "another --out"
        )
    try:
        job.out.mkdir(parents=True, exist_ok=True)
        if job.fresh:
            return EarlierResults(job.out, [one.name for one in forgotten])
    except OSError as error:
        raise TrainingError(f"cannot write to {job.out}: {error.strerror or error}") from error
    return None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"cannot write {path}: {error.strerror or error}") from error


def _final_errors(
    network: X2Control, config: NetworkConfig, data: Prepared, settings: TrainingSettings
) -> dict[str, Errors]:
    split = settings.data.test
    if not data.has(split):
        return {}
    rows = data.rows(split)
    return {
        name: predict(network, config, data, rows, name).errors
        for name in ("rendered", "transferred")
        if getattr(data, name) is not None
    }


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C and SIGTERM set; the second time they end the program at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before: dict[signal.Signals, Any] = {}

    def handle(number: int, frame: object) -> None:
        stop.set()
        for one, handler in before.items():
            signal.signal(one, handler)

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, handle)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
