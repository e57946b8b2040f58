"""`baton`, and `python -m sync`."""

from __future__ import annotations

import signal

# Until there is a command line that says it in words, Ctrl-C simply ends the process: nothing is under way yet.
signal.signal(signal.SIGINT, signal.SIG_DFL)


def main() -> None:
    """Run the command line."""
    from sync.cli import main as run

    try:
        run()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # the interpreter's own end has no words for it either


if __name__ == "__main__":
    main()
