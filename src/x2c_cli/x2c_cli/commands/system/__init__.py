# SPDX-License-Identifier: Apache-2.0
"""Commands that check and measure the machine and the running pipeline."""
