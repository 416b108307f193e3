# SPDX-License-Identifier: Apache-2.0
import io

from rich.console import Console

from x2c_core.terminal.progress import ProgressDisplay


def console(terminal):
    return Console(file=io.StringIO(), force_terminal=terminal, width=100)


def test_a_terminal_gets_bars():
    shown = console(terminal=True)
    with ProgressDisplay(shown) as progress:
        bar = progress.add("pairs", total=8, completed=2)
        progress.update(bar, 5, "3 pairs/s")
        progress.say_now_and_then("5 of 8 pairs", at_once=True)
    printed = shown.file.getvalue()
    assert "5/8" in printed
    assert "3 pairs/s" in printed
    assert "5 of 8 pairs" not in printed


def test_elsewhere_a_line_is_printed_now_and_then():
    shown = console(terminal=False)
    with ProgressDisplay(shown, period=1e6) as progress:
        bar = progress.add("pairs", total=8)
        for done in range(9):
            progress.update(bar, done)
            progress.say_now_and_then(f"{done} of 8 pairs", at_once=done == 8)
    assert shown.file.getvalue() == "8 of 8 pairs\n"


def test_a_quiet_one_prints_nothing():
    shown = console(terminal=False)
    with ProgressDisplay(shown, quiet=True) as progress:
        progress.say("loss")
        progress.say_now_and_then("loss", at_once=True)
    assert shown.file.getvalue() == ""
