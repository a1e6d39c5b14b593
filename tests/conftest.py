"""What all tests share: modules that take a name from another are loaded before any test replaces that name."""

import stockrecon.cli.commands.auth
import stockrecon.cli.commands.runs
import stockrecon.cli.unattended
import stockrecon.cli.writing

__all__ = ["stockrecon"]
