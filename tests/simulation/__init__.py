"""Months of devices, faults and revocations in minutes: the real agent and the real registry in one process.

Clock, network, disk and randomness are passed in, so that a seed is a history. `docs/testing.md` says what
is simulated, what is checked, and how to read a break.
"""
