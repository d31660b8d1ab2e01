"""Consents and licences in other people's words: ODRL, IPTC/PLUS and RSL. Export only; nothing is read back.

Ids only, never a personal name. What a standard cannot say is left out, and never said wider than it is.
"""
