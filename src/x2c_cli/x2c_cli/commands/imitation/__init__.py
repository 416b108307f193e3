# SPDX-License-Identifier: Apache-2.0
"""Commands that run, record and replay the pipeline."""
