# SPDX-License-Identifier: Apache-2.0
"""A person's face at rest, estimated jointly with the expressions in which it is seen.

Each frame's features are those of the person at rest plus those of an expression. Which
hypothesis of the expression holds in a frame is not known, so its probability is estimated in
turn with the face at rest (expectation maximisation). Frames at rest tell much, expressive ones
little, and what people hardly differ in, such as a gaping mouth, is read as expression.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array
from x2c_perception.neutral.people_prior import FEATURES, PeoplePrior
from x2c_perception.neutral.positive_definite import inverse, inverse_factor

_AT_REST = 1.0
"""Summed intensity of an expression at which a frame counts half as one at rest."""


@dataclass(frozen=True)
class IdentityEstimate:
    """Estimate of a person's face at rest.

    Attributes:
        features: (28,) of the face at rest, relative to the mean face.
        covariance: (28, 28) uncertainty of them.
        rest: (n,) how far each frame counts as one at rest, 0 to 1.
        sureness: 0 where nothing is known but what people look like, 1 where all is.
    """

    features: Array
    covariance: Array
    rest: Array
    sureness: float


def first_guess(prior: PeoplePrior) -> IdentityEstimate:
    """Return what is known of a person before any frame."""
    return IdentityEstimate(np.zeros(FEATURES), prior.spread, np.zeros(0), 0.0)


def estimate_identity(
    prior: PeoplePrior, frames: Array, information: Array, guess: IdentityEstimate, rounds: int
) -> IdentityEstimate:
    """Return the estimate after some rounds.

    Args:
        prior: Prior over people and expressions.
        frames: (n, 28) features of frames.
        information: (n,) how many independent frames each one is worth.
        guess: Estimate to begin with.
        rounds: Number of rounds, 1 or more.
    """
    known = inverse(prior.spread)
    features, covariance = guess.features, guess.covariance
    odds = np.zeros((len(frames), len(prior.log_odds)))
    for _ in range(rounds):
        odds = _odds(prior, frames - features, covariance)
        shares = information[:, None] * odds
        precision = known + np.einsum("h,hij->ij", shares.sum(axis=0), prior.precisions)
        covariance = inverse(precision)
        weighted = np.einsum("nh,nj->hj", shares, frames)
        pull = np.einsum("hij,hj->i", prior.precisions, weighted)
        features = np.einsum("ij,j->i", covariance, pull)
    rest = np.einsum("nh,h->n", odds, 1.0 / (1.0 + (prior.intensity / _AT_REST) ** 2))
    left = np.einsum("ij,ij->", covariance, known) / FEATURES
    return IdentityEstimate(features, covariance, rest, float(1.0 - np.sqrt(min(left, 1.0))))


def _odds(prior: PeoplePrior, residuals: Array, covariance: Array) -> Array:
    """Return the probability of each hypothesis (n, m) for the residuals of frames (n, 28)."""
    factor = inverse_factor(prior.expressions + covariance)
    half_log = -np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    # Matrices so small that BLAS does not split them.
    whitened = factor @ residuals.T
    logs = prior.log_odds - half_log - 0.5 * (whitened**2).sum(axis=1).T
    odds = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))
