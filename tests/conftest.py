"""What all tests share: nothing but that modules which take a name from another are loaded before a test replaces it."""

import stockrecon.cli.commands.auth
import stockrecon.cli.commands.runs
import stockrecon.cli.unattended
import stockrecon.cli.writing

__all__ = ["stockrecon"]
