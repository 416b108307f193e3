# SPDX-License-Identifier: Apache-2.0
"""Messages for viewers of others: recordings for Rerun, annotations for Foxglove."""
