# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
from torch import distributed

from x2c_training import device
from x2c_training.device import Team, choose_device, choose_precision, team
from x2c_training.errors import DeviceError

CPU = torch.device("cpu")


@pytest.fixture
def launched(monkeypatch):
    """Let a launcher have two processes; return a function that lists what is called."""
    met = distributed.HashStore(), 0, 2
    monkeypatch.setattr(device, "_meeting", lambda: met)
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")

    def record(initialise=lambda *a, **k: None):
        called = []

        def init_process_group(*arguments, **options):
            called.append("init_process_group")
            initialise(*arguments, **options)

        monkeypatch.setattr(distributed, "init_process_group", init_process_group)
        for name in ("new_group", "get_rank", "destroy_process_group"):
            monkeypatch.setattr(distributed, name, lambda *a, name=name, **k: called.append(name))
        return called

    return record


def test_a_gpu_that_is_missing_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match=r"finds 0 GPUs.*--device cpu"):
        choose_device("cuda")
    with pytest.raises(DeviceError, match="finds 0 GPUs"):
        choose_device("cuda:1")
    assert choose_device("auto") == CPU


@pytest.mark.parametrize("name", ["gpu", "", "cpu:x", "mps", "meta"])
def test_other_devices_are_refused(name):
    with pytest.raises(DeviceError, match="expected auto, cpu, cuda"):
        choose_device(name)


def test_each_process_takes_a_gpu_of_its_own(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("auto", 1) == torch.device("cuda", 1)
    assert choose_device("cuda:1", 0) == torch.device("cuda", 1)
    with pytest.raises(DeviceError, match="finds 2 GPUs"):
        choose_device("cuda", 2)


def test_precisions():
    assert choose_precision("float32", CPU) is torch.float32
    assert choose_precision("bfloat16", CPU) is torch.bfloat16
    assert choose_precision("auto", CPU) in (torch.float32, torch.bfloat16)
    with pytest.raises(DeviceError, match="float16 is for GPUs"):
        choose_precision("float16", CPU)


@pytest.mark.parametrize(
    ("capability", "expected"), [((7, 5), torch.float16), ((8, 0), torch.bfloat16)]
)
def test_a_gpu_that_only_emulates_bfloat16_does_not_compute_in_it(
    monkeypatch, capability, expected
):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert choose_precision("auto", torch.device("cuda", 1)) is expected


def test_a_second_team_of_a_process_does_not_read_what_the_first_left(launched):
    stores = []
    launched(lambda *a, store, **k: stores.append(store))
    for _ in range(2):
        with team("cpu"):
            pass
    first, second = stores
    first.set("address", "of the first")
    assert not second.check(["address"])


def test_after_an_error_nobody_waits_for_the_others(launched):
    called = launched()
    with pytest.raises(ZeroDivisionError), team("cpu"):
        raise ZeroDivisionError
    assert "init_process_group" in called
    assert "destroy_process_group" not in called
    with team("cpu"):
        pass
    assert called[-1] == "destroy_process_group"


def test_without_a_launcher_there_is_one_process(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with team("cpu") as group:
        assert group == Team()
        assert group.leads
        assert group.any(True)
        assert not group.any(False)
        assert group.agrees(7)
        group.wait()


@pytest.mark.parametrize(("number", "agreed"), [(2, False), (3, True), (4, False)])
def test_no_process_that_knows_the_answer_leaves_another_waiting(monkeypatch, number, agreed):
    asked = []

    def all_reduce(tensor, operation, group):
        asked.append(tensor.shape)
        tensor.copy_(torch.maximum(tensor, torch.tensor([3.0, -3.0]).to(tensor)))

    monkeypatch.setattr(distributed, "all_reduce", all_reduce)
    assert Team(processes=2).agrees(number) is agreed
    assert asked == [(2,)]
