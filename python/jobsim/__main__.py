"""The command ``jobsim``, as the package installs it; also ``python -m jobsim``."""

import sys

from ._jobsim import main_of


def main() -> None:
    """Run the command line of this process."""
    sys.exit(main_of(["jobsim", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
