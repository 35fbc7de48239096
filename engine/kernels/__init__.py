"""Compiled numeric kernels, a file a topic, each paired by name with the module that calls it."""
