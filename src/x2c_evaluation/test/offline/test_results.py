# SPDX-License-Identifier: Apache-2.0
"""Results are the same JSON as ever, and come back from it."""

import dataclasses
import json
from pathlib import Path

import pytest

from x2c_evaluation.offline.recording.evaluate import evaluate
from x2c_evaluation.offline.recording.job import EvaluationJob
from x2c_evaluation.offline.results.result import EvaluationReport, RecordingResult
from x2c_evaluation.pipeline.neutral_source import NeutralSource

DATA = Path(__file__).parent / "data"
STORED = sorted(DATA.glob("*.json"))


def stored(name):
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_stored_result_comes_back_to_the_same_bytes(path):
    text = path.read_text(encoding="utf-8")
    result = RecordingResult.from_json(json.loads(text))
    assert json.dumps(result.to_json(), indent=1) == text.rstrip("\n")


def test_fidelity_of_an_earlier_version_lacks_absolute_errors():
    content = stored("result_with_fidelity")
    for name in ("error", "error_at_rest", "error_late", "profile_r", "first_follow_s"):
        del content["fidelity"][name]
    fidelity = RecordingResult.from_json(content).figures.fidelity
    assert fidelity.mean_r is not None
    assert fidelity.error is None


def test_a_report_comes_back():
    results = tuple(RecordingResult.from_json(stored(path.stem)) for path in STORED)
    chosen = results[0].settings
    results = tuple(dataclasses.replace(one, settings=chosen) for one in results)
    report = EvaluationReport(chosen, {"x2c": "1"}, {"error": 0.1}, results)
    assert EvaluationReport.from_json(json.loads(json.dumps(report.to_json()))) == report


def same(found, expected, where="result"):
    """Compare contents: keys in the same order, numbers but for how machines round."""
    assert type(found) is type(expected), where
    if isinstance(expected, dict):
        assert list(found) == list(expected), where
        for key, one in expected.items():
            same(found[key], one, f"{where}.{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for place, one in enumerate(expected):
            same(found[place], one, f"{where}[{place}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-4), where
    else:
        assert found == expected, where


def test_an_evaluation_gives_the_figures_that_were_stored(tmp_path, make_bag, settings):
    bag = make_bag(tmp_path / "run", dropped=(7,), frames=40)
    live = dataclasses.replace(settings, calibration=NeutralSource.LIVE)
    outcome = evaluate(EvaluationJob("run", str(bag), live, topic="/face"))
    same(outcome.result.to_json(), stored("result_of_a_run"))


def test_a_result_of_an_earlier_version_is_read():
    now = stored("result_with_fidelity")
    text = json.dumps(now["moments"])
    before = {**now, "moments": json.loads(text.replace('"images"', '"pictures"'))}
    assert before != now
    assert RecordingResult.from_json(before) == RecordingResult.from_json(now)


def test_a_result_that_lacks_something_is_refused():
    content = stored("result_of_a_run")
    content["frames"]["usable"] = "many"
    with pytest.raises(ValueError, match=r"frames\.usable is 'many', expected a whole number"):
        RecordingResult.from_json(content)
    del content["frames"]
    with pytest.raises(ValueError, match="lacks frames"):
        RecordingResult.from_json(content)
