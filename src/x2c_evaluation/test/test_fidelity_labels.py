# SPDX-License-Identifier: Apache-2.0
"""Labels of clips: read from a CSV file, each mistake told with its line."""

from __future__ import annotations

import pytest

from x2c_evaluation.errors import FidelityError
from x2c_evaluation.fidelity.judge.expression_judge import Expression
from x2c_evaluation.fidelity.labels import UNKNOWN, ClipLabel, label_of, read_labels


def labels(tmp_path, text):
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8-sig")
    return read_labels(path)


def test_what_is_known_of_each_clip_is_read(tmp_path):
    (tmp_path / "rest.jpg").write_bytes(b"")
    found = labels(tmp_path, "clip, expression, neutral\na.mp4, joy, rest.jpg\n\nb,,\n")
    assert found["a.mp4"] == ClipLabel(Expression.HAPPINESS, tmp_path / "rest.jpg")
    assert label_of("clips/a.mp4", found).expression is Expression.HAPPINESS
    assert label_of("clips/b.webm", found) == UNKNOWN


def test_a_name_counts_only_where_there_is_no_label(tmp_path):
    found = labels(tmp_path, "clip,expression\nanger_1.mp4,disgust\n")
    assert label_of("anger_1.mp4", found).expression is Expression.DISGUST
    assert label_of("anger_2.mp4", found).expression is Expression.ANGER
    assert label_of("talk.mp4", found) == UNKNOWN


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "line 1: expected a header of clip, expression, neutral"),
        ("clip,mood\na,sad\n", "found clip,mood"),
        ("expression\nsad\n", "found expression"),
        ("clip,expression\na,furious\n", "line 2: 'furious' is no known expression; expected one"),
        ("clip,neutral\na,none.jpg\n", "line 2: there is no image"),
        ("clip,expression\na,sad\na,joy\n", "line 3: expected the name of another clip"),
        ("clip,expression\n,sad\n", "line 2: expected the name"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path, text, fault):
    with pytest.raises(FidelityError, match=fault):
        labels(tmp_path, text)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(FidelityError, match=r"cannot be read: No such file"):
        read_labels(tmp_path / "none.csv")


def test_rest_may_be_a_time_of_the_clip(tmp_path):
    found = labels(tmp_path, "clip,neutral\na,0\nb,1.5\n")
    assert [found[name].neutral for name in "ab"] == [0.0, 1.5]
    for text in ("-1", "nan", "inf"):
        with pytest.raises(FidelityError, match=f"line 2: the time {text} is not in a clip"):
            labels(tmp_path, f"clip,neutral\na,{text}\n")
