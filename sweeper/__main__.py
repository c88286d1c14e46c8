"""`python -m sweeper`: the command line where no script was installed, as in a shipped job."""

from sweeper.cli import main

main()
