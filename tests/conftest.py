"""What all tests share: modules that take a name from another are loaded before any test replaces that name."""

import pytest

import stockrecon.cli.commands.auth
import stockrecon.cli.commands.runs
import stockrecon.cli.unattended
import stockrecon.cli.writing

__all__ = ["stockrecon"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """See tests/channel_contract: the promises of a channel, also for one of another package."""
    parser.addoption(
        "--channel-profile", metavar="MODULE:NAME", help="run the contract suite of channels for this profile alone"
    )
