# SPDX-License-Identifier: Apache-2.0
import dataclasses
import json
import os

import pytest

from x2c_bringup.graph.options import GraphOptions
from x2c_cli.bench import system
from x2c_cli.bench.isolated import measure_apart
from x2c_cli.bench.report import NO_MIXER, limit, mixer_cost, write
from x2c_cli.bench.run import Result, Setting
from x2c_core.errors import OutputError

RESULT = Result(
    name="composed",
    images=120.0,
    answers=95.0,
    commands=180.0,
    jitter=0.7,
    p50=9.0,
    p99=20.0,
    cores=0.5,
    memory={"composed": 350.0},
    steps={"face_tracker_node: tracking": 5.0, "imitation_node: solving": 1.0},
    since_camera={"face_tracker_node: latency": 7.0},
    torch=False,
    load=0.6,
)


CORES = len(os.sched_getaffinity(0))


def test_the_longest_step_is_named():
    assert "'face_tracker_node: tracking' with 5.0 ms" in limit(RESULT)
    assert "the limit" not in limit(RESULT)


def test_used_up_cores_are_named_as_the_limit():
    assert limit(dataclasses.replace(RESULT, cores=float(CORES))).endswith("is the limit.")


def test_figures_of_a_busy_machine_are_not_passed_off_as_ours():
    crowded = dataclasses.replace(RESULT, load=6.0 * CORES)
    assert "measure again on an idle machine" in limit(crowded)
    assert "is the limit" not in limit(dataclasses.replace(crowded, cores=float(CORES)))


def test_cost_of_the_mixer_is_that_of_pairs_measured_in_turn():
    def measured(name, *times):
        return [dataclasses.replace(RESULT, name=name, p50=time) for time in times]

    results = [
        *measured("composed", 9.0, 9.4, 12.0),
        *measured(f"composed{NO_MIXER}", 8.9, 9.5, 11.8),
        *measured("processes", 20.0),
    ]
    (line,) = mixer_cost(results)
    assert line.startswith("composed: the mixer takes +0.10 ms of the p50 (median of 3, -0.10 to")


def test_figures_are_written_as_json(tmp_path):
    path = tmp_path / "new" / "bench.json"
    write(path, "performer", [RESULT])
    content = json.loads(path.read_text())
    assert content["settings"][0]["answers"] == 95.0
    assert content["limit"] == limit(RESULT)


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        write(tmp_path / "file" / "bench.json", "performer", [RESULT])


def test_linux_knows_this_process():
    process = os.getpid()
    assert system.peak_memory(process) > 5.0
    assert system.processor_time(process) > 0.0
    assert not system.has_loaded(process, "no_such_library")


@pytest.mark.ros
@pytest.mark.process
def test_the_composed_graph_is_measured_and_does_without_torch():
    options = GraphOptions(filename="performer", loop=True, log_level="error")
    setting = Setting("composed", composed=True, paced=True, options=options)
    result = measure_apart(setting, seconds=3.0, warm_up=1.0)
    assert result.answers > 0.0
    assert result.commands > result.answers
    assert result.jitter > 0.0
    assert result.p50 > 0.0
    assert set(result.memory) == {"composed"}
    assert "face_tracker_node: tracking" in result.steps
    assert result.torch is False
