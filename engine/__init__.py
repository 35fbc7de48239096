"""Computes signal timing: arrays and dataclasses in, the same out; no files, no simulator."""
