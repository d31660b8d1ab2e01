"""The way to a registry: a transport that can be exchanged, and one typed method for each call."""
