# SPDX-License-Identifier: Apache-2.0
"""The backend solver: control values that bring a model of the face to the person's."""
