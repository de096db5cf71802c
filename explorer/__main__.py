"""The command `jax-explorer`: opens JupyterLab on the notebooks, inspects a function, or says what can be done here."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

# Nothing here imports jax: --help and --version must answer at once.
from explorer import versions

STAGES = ("source", "jaxpr", "stablehlo", "hlo_before", "hlo")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
      argv: the arguments, without the command's name; what follows "--" goes to JupyterLab as it is.

    Returns:
      The exit code.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    split = given.index("--") if "--" in given else len(given)
    options = _parser().parse_args(given[:split])
    if options.command == "doctor":
        from explorer import doctor

        return doctor.main()
    if options.command == "inspect":
        from explorer import terminal

        return terminal.main(options)
    from explorer import lab

    return lab.main(browser=options.browser, port=options.port, further=given[split + 1 :])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jax-explorer",
        description="See what JAX does with a function. Without a command, opens JupyterLab on the notebooks.",
        epilog="Arguments after -- go to JupyterLab as they are, such as: jax-explorer -- --ip=0.0.0.0",
    )
    parser.add_argument("--version", action="version", version=f"jax-explorer {versions.own()}")
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="open no browser window")
    parser.add_argument("--port", type=_port, help="the port for JupyterLab (default: 8888, or the next free one)")
    commands = parser.add_subparsers(dest="command", metavar="command")
    commands.add_parser("doctor", help="say what this machine can do, and what is missing")
    inspect = commands.add_parser(
        "inspect",
        help="show what jit makes of a function of a file",
        description="Show what JAX and XLA make of a function, without running it: what stands out first.",
        epilog="So: jax-explorer inspect model.py:loss --args f32[784,10] f32[32,784] --transform grad --stage hlo",
    )
    inspect.add_argument("function", metavar="FILE:FUNCTION", help="a Python file and a function in it")
    inspect.add_argument(
        "--args", nargs="*", metavar="ARG", help="shapes such as f32[32,784], or numbers; else the file's example_args"
    )
    inspect.add_argument(
        "--transform",
        nargs="+",
        default=[],
        metavar="T",
        help='such as grad, jit or "vmap(in_axes=(None, 0))", in order',
    )
    inspect.add_argument("--target", help="a device here, or tpu, cuda or rocm as far as StableHLO")
    inspect.add_argument("--stage", nargs="+", default=[], choices=STAGES, help="whose text to show")
    inspect.add_argument(
        "--format", choices=("text", "json", "html"), help="of the output; else as --out ends, or text"
    )
    inspect.add_argument("--out", metavar="PATH", help="write it there; a path that ends in .html becomes a page")
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to 65535; you gave '{text}'")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
