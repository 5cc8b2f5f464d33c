"""The command line: python -m glassy_core COMMAND."""

from glassy_core.commands.main import main

if __name__ == "__main__":
    raise SystemExit(main())
