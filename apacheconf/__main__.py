"""``python -m apacheconf`` is the ``apacheconf`` command."""

from apacheconf.cli.main import main

main()
