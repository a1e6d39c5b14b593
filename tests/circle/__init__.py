"""The whole circle: read, plan, write, read again; through the real command, until nothing new is planned."""
