# SPDX-License-Identifier: Apache-2.0
"""Judge of expressions: a classifier made by others, which reads person and robot alike."""
