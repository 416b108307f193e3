# SPDX-License-Identifier: Apache-2.0
"""Networks of the face tracker: detection, crops, landmarks."""
