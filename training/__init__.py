"""Learned policies: environments over a street, training, export."""
