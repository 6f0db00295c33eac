"""The command line: the only place that meets a person, reads the clock, the environment and the network."""
