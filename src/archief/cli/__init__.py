"""The command line: the only place that meets a person, reads the clock, the environment and the network.

``main`` has the table of verbs; each stands in the package of its subject and is imported when it is typed. What
several subjects need lies beside ``main``.
"""
