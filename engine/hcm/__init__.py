"""Capacity, delay and queues after the Highway Capacity Manual, 7th edition."""
