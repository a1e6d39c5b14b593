"""The configuration: YAML text to frozen settings, every fault with its place, secrets by reference."""
