# SPDX-License-Identifier: Apache-2.0
"""Motion of the joints through a fault: recording, verdict, figure and report."""
