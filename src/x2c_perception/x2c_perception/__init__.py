# SPDX-License-Identifier: Apache-2.0
"""Camera sources and the face tracker."""
