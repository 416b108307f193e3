# SPDX-License-Identifier: Apache-2.0
import contextlib
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from x2c_training.errors import SettingsError
from x2c_training.settings import TrainingSettings
from x2c_training.settings_file import as_yaml, read_settings, settings_from

SHIPPED = sorted((Path(__file__).parents[3] / "config/training").glob("*.yaml"))


def test_without_a_file_there_are_the_defaults():
    assert read_settings(None) == TrainingSettings()


def test_a_file_names_only_what_differs(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text("loss: {kind: l1, weights: {gaze: 2, Jaw Pitch: 3.0}}\noptimizer:\n")
    settings = read_settings(file)
    assert settings.loss.kind == "l1"
    assert settings.loss.weights == {"gaze": 2, "Jaw Pitch": 3.0}
    assert settings.optimizer == TrainingSettings().optimizer


def test_the_command_line_wins_over_the_file(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text("optimizer: {epochs: 3, learning_rate: 0.1}\n")
    overrides = ["optimizer.epochs=5", "optimizer.learning_rate=1e-4", "loss.weights.gaze=2"]
    settings = read_settings(file, overrides)
    assert (settings.optimizer.epochs, settings.optimizer.learning_rate) == (5, 1e-4)
    assert settings.loss.weights == {"gaze": 2}


@pytest.mark.parametrize("text", ["no", "false", "'no'"])
def test_no_is_a_text_where_a_text_is_expected(tmp_path, text):
    file = tmp_path / "s.yaml"
    file.write_text(f"data: {{transferred: {text}}}\n")
    assert read_settings(file).data.transferred == "no"


def test_what_is_written_is_read_again(tmp_path):
    settings = read_settings(None, ["loss.weights.gaze=2", "run.seed=7", "data.limit=3"])
    file = tmp_path / "s.yaml"
    file.write_text(as_yaml(settings))
    assert read_settings(file) == settings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("optimiser: {epochs: 3}", "unknown section: optimiser; known: network, data"),
        ("optimizer: {epoch: 3}", "unknown key in optimizer: epoch; known: epochs"),
        ("optimizer: {epochs: many}", "optimizer.epochs: expected a whole number, got 'many'"),
        ("optimizer: {epochs: true}", "optimizer.epochs: expected a whole number"),
        ("optimizer: {epochs: 0}", "optimizer.epochs: expected a number from 1 to"),
        ("optimizer: {learning_rate: .nan}", "optimizer.learning_rate: expected a number"),
        ("loss: {kind: l3}", "loss.kind: expected one of l1, mse, huber, got 'l3'"),
        ("loss: {weights: {eyes: 2}}", "loss.weights: expected one of Brow Inner Left"),
        ("loss: {weights: {gaze: -1}}", "loss.weights.gaze: expected a number of 0 or more"),
        ("loss: {gaze_mask: 3}", "loss.gaze_mask: expected true or false"),
        ("data: {transferred: maybe}", "data.transferred: expected auto or yes or no"),
        ("run: {precision: int8}", "run.precision: expected one of auto"),
        ("network: 18", "network: expected keys with values, got 18"),
        ("- 1", "expected sections with keys"),
        ("a: [", "is no YAML"),
    ],
)
def test_what_cannot_be_is_refused_by_name(tmp_path, text, said):
    file = tmp_path / "s.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("text", ["epochs=3", "optimizer.epochs", "=3", "optimizer.=3"])
def test_overrides_need_a_section_a_key_and_a_value(text):
    with pytest.raises(SettingsError, match=r"expected section\.key=value|unknown key"):
        read_settings(None, [text])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"cannot read .*nowhere"):
        read_settings(tmp_path / "nowhere.yaml")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: st.dictionaries(
            st.sampled_from(["loss", "run", "weights", "kind", "seed", "x"]), inner, max_size=3
        ),
        max_leaves=6,
    ).filter(lambda content: isinstance(content, dict))
)
def test_any_content_is_read_or_refused(content):
    with contextlib.suppress(SettingsError):
        settings_from(content)


def test_there_are_shipped_settings():
    assert SHIPPED


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_settings_can_be_read(file):
    assert read_settings(file)
    assert yaml.safe_load(file.read_text())
