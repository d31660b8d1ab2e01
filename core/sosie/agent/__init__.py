"""The agent: one process for each user and machine that holds leases, journal, device key and render session.

Hosts reach it over a local socket (`sosie.client`). It asks the gate before every render, writes down every
render before it hands out the pixels, and delivers through the registry.
"""
