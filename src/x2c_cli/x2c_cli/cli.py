# SPDX-License-Identifier: Apache-2.0
"""The `x2c` command."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from x2c_cli.command_parser import CommandParser
from x2c_cli.commands import COMMANDS, listing, module_of
from x2c_core.errors import X2CError
from x2c_core.files.entries import shown
from x2c_core.system.optional_modules import how_to_install, is_optional
from x2c_node.errors import ThreadError
from x2c_node.spinning.stopping import INTERRUPTED

_DESCRIPTION = "Let a robot's face imitate the person in front of a camera."

_EPILOG = """examples:
  x2c imitate                       follow the first camera
  x2c imitate --video talk.mp4      follow a video
  x2c demo --out out/demo           play the built-in performer and keep the results
  x2c face                          play with the robot's face in a web browser
  x2c doctor                        find out what is wrong with this machine

'x2c COMMAND --help' describes each command."""

REFUSED = 2
"""Exit status where something was refused before it began."""

FAILED = 1
"""Exit status where a thread of the process has died or hangs."""


def parser(words: Sequence[str] = tuple(COMMANDS)) -> CommandParser:
    """Return the parser of a command line.

    Args:
        words: Words of the command line. The arguments of a command are declared only if it is
            among them: some are those of implementations in other packages.
    """
    made = CommandParser(
        prog="x2c",
        usage="x2c COMMAND ...",
        description=_DESCRIPTION,
        epilog=f"{listing()}\n{_EPILOG}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = made.add_subparsers(prog="x2c", metavar="COMMAND", required=True)
    # The groups list them.
    commands.help = argparse.SUPPRESS
    for name in COMMANDS:
        if name not in words:
            commands.add_parser(name)
            continue
        # Each module imports what it needs to run when it runs: help must come at once.
        module = import_module(module_of(name))
        command = commands.add_parser(
            name,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run, parser=command)
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names of files can be any bytes.
        sys.stdout.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if arguments is None else arguments
    if not words:
        parser(()).print_help()
        sys.exit(0)
    try:
        options = parser(words).parse_args(words)
        status = options.run(options)
    except X2CError as error:
        print(f"error: {error}", file=sys.stderr)
        status = FAILED if isinstance(error, ThreadError) else REFUSED
    except ModuleNotFoundError as error:
        name = error.name or ""
        if not is_optional(name):
            raise
        remedy = how_to_install(name)
        text = f"'x2c {words[0]}' needs {name}, which is not installed: {remedy}"
        print(f"error: {text}", file=sys.stderr)
        status = REFUSED
    except KeyboardInterrupt:
        # Threads of nodes and of the middleware may still run: they are not waited for.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has gone (x2c robots | head): a message could not be read.
        sys.stderr.close()
        status = 0
    except OSError as error:
        # Any question about a path can find that its name is longer than the system takes.
        if error.errno != errno.ENAMETOOLONG:
            raise
        print(f"error: {error.strerror}: {shown(error.filename)}", file=sys.stderr)
        status = REFUSED
    sys.exit(status)


if __name__ == "__main__":
    main()
