"""`python -m aggregator`: the same as the command `newsfold`."""

from aggregator.cli.app import main

main()
