# SPDX-License-Identifier: Apache-2.0
import dataclasses

import pytest

from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.offline.recording.job import EvaluationJob, EvaluationOutcome, failure
from x2c_evaluation.offline.recording.store import ResultsStore, fingerprint
from x2c_evaluation.offline.results.layout import FINGERPRINT, RECORDINGS, REPORT, RESULT


@pytest.fixture
def recording(tmp_path):
    """A recording as a run leaves it, with a report of its own."""
    bag = tmp_path / "recordings" / "today" / "bag"
    bag.mkdir(parents=True)
    (bag / "bag.mcap").write_bytes(b"precious")
    (bag.parent / "report.json").write_text("the run's own", encoding="utf-8")
    return bag.parent


@pytest.fixture
def job(recording, settings):
    return EvaluationJob(recording.name, str(recording), settings)


def found(job):
    outcome = failure(job, "no reason")
    return dataclasses.replace(outcome, frames=b"table", images={"0.jpg": b"picture"})


def contents(folder):
    return {str(one): one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()}


@pytest.mark.parametrize("out", [".", "recordings/today"])
def test_a_folder_with_files_of_others_is_refused_and_stays_as_it_is(tmp_path, job, out):
    before = contents(tmp_path)
    with pytest.raises(EvaluationError, match="choose another --out"):
        ResultsStore(tmp_path / out, [job])
    assert contents(tmp_path) == before


def test_recordings_among_the_results_are_never_replaced_or_removed(tmp_path, job, settings):
    out = tmp_path / "out"
    other = EvaluationJob("other", "performer", settings)
    ResultsStore(out, [other]).keep(other, found(other), "")
    theirs = out / RECORDINGS / "today"
    theirs.mkdir()
    (theirs / "bag.mcap").write_bytes(b"precious")
    before = contents(theirs)
    with pytest.raises(EvaluationError, match="is not of an evaluation"):
        ResultsStore(out, [job])
    with pytest.raises(EvaluationError, match="is where the results would go"):
        ResultsStore(out, [EvaluationJob("another", str(theirs), settings)])
    with pytest.raises(EvaluationError, match=r"the reference .* is where the results would go"):
        ResultsStore(out, [dataclasses.replace(other, against=str(out))])
    store = ResultsStore(out, [other])
    store.forget_others([])
    assert contents(theirs) == before
    assert not (out / RECORDINGS / "other").exists()
    assert list((out / "frames").iterdir()) == []


def test_a_link_to_a_recording_is_not_followed(tmp_path, recording, job):
    out = tmp_path / "out"
    ResultsStore(out, [])
    (out / RECORDINGS / "today").symlink_to(recording)
    (recording / RESULT).write_text("the user's", encoding="utf-8")
    before = contents(recording)
    with pytest.raises(EvaluationError, match="is not of an evaluation"):
        ResultsStore(out, [job])
    ResultsStore(out, []).forget_others([])
    assert contents(recording) == before


def test_results_may_lie_beside_what_is_read_and_do_not_count_as_of_it(tmp_path, recording, job):
    before = fingerprint(job, "")
    for out in (recording / "evaluation", recording / "bag" / "again"):
        store = ResultsStore(out, [job])
        store.keep(job, found(job), "")
        store.write(REPORT, "{}")
        assert ResultsStore(out, [job]).has(job, "")
    assert fingerprint(job, "") == before
    (recording / "bag" / "bag.mcap").write_bytes(b"another")
    assert fingerprint(job, "") != before
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"film")
    beside = tmp_path / "elsewhere"
    beside.mkdir()
    clip = clip.rename(beside / "clip.mp4")
    ResultsStore(beside, [dataclasses.replace(job, source=str(clip))])


def test_a_file_given_with_the_name_of_its_source_counts_too(tmp_path, job):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"film")
    named = dataclasses.replace(job, source=f"video:{clip}")
    before = fingerprint(named, "")
    assert fingerprint(named, "") == before
    clip.write_bytes(b"another")
    assert fingerprint(named, "") != before
    # No path: not the folder it is run in.
    fingerprint(dataclasses.replace(job, source="performer"), "")


@pytest.mark.parametrize("name", ["today/bag", "today/bag/metadata.yaml"])
def test_the_folder_of_a_bag_is_no_folder_for_results(recording, job, name):
    (recording / "bag" / "metadata.yaml").write_text("", encoding="utf-8")
    before = contents(recording)
    source = str(recording.parent / name)
    with pytest.raises(EvaluationError, match="is where the results would go"):
        ResultsStore(recording / "bag", [dataclasses.replace(job, source=source)])
    assert contents(recording) == before


def test_what_a_killed_run_left_is_replaced(tmp_path, job, monkeypatch):
    out = tmp_path / "out"
    whole = found(job)
    ResultsStore(out, [job]).keep(job, whole, "")
    first = contents(out)

    class Killed(BaseException):
        pass

    def die(*_, **__):
        raise Killed

    for place in ("write_bytes", "write_text", "mkdir", "unlink", "rmdir"):
        store = ResultsStore(out, [job])
        with monkeypatch.context() as patch:
            patch.setattr(f"pathlib.Path.{place}", die)
            with pytest.raises(Killed):
                store.keep(job, whole, "")
        ResultsStore(out, [job]).keep(job, whole, "")
        assert contents(out) == first, place
    store = ResultsStore(out, [job])
    broken = EvaluationOutcome(whole.result, b"table", {"gone/0.jpg": b"no such folder"})
    with pytest.raises(EvaluationError, match="goes on"):
        store.keep(job, broken, "")
    assert not ResultsStore(out, [job]).has(job, "")
    assert not (store.recording(job.name) / FINGERPRINT).exists()
