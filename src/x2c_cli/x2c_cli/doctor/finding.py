# SPDX-License-Identifier: Apache-2.0
"""Finding of a check of the machine."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class CheckResult(enum.Enum):
    """Verdict of a check."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Attributes:
        verdict: Verdict of the check.
        subject: Subject of the check.
        text: Observation.
        advice: Remedy; empty if there is nothing to do.
    """

    verdict: CheckResult
    subject: str
    text: str
    advice: str = ""


def ok(subject: str, text: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(CheckResult.OK, subject, text)


def warn(subject: str, text: str, advice: str) -> Finding:
    """Return a finding of something that works only in part."""
    return Finding(CheckResult.WARN, subject, text, advice)


def fail(subject: str, text: str, advice: str) -> Finding:
    """Return a finding of something that does not work."""
    return Finding(CheckResult.FAIL, subject, text, advice)
