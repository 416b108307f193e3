# SPDX-License-Identifier: Apache-2.0
"""Speech: the mouth of a robot that speaks."""
