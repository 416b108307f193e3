# SPDX-License-Identifier: Apache-2.0
"""Names of what an evaluation leaves in its folder."""

from __future__ import annotations

REPORT = "report.json"
"""All figures."""
PAGE = "report.html"
"""All figures and images, for people."""
FRAMES = "frames"
"""Folder of one Parquet file for each recording: what was seen and commanded, by frame."""
RECORDINGS = "recordings"
"""Folder of one folder for each recording: what a rerun goes on from, and its own page."""
SOURCE = "source"
"""In a recording's folder: where the recording is on this machine; no part of the results."""
RESULT = "result.json"
"""In a recording's folder: its figures."""
FINGERPRINT = "fingerprint"
"""In a recording's folder, written last: what it was evaluated from, and with what."""
FORMAT = 1
"""Number of the report's form, raised when the meaning of a field changes."""
MARKER = ".x2c_evaluation"
"""File that says that a folder is an evaluation's: nothing is replaced in one without it."""
