"""The promises of the README, each with the command, the real file, the foreign program and both results."""
