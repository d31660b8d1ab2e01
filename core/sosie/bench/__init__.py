"""Measurements that a command makes again."""
