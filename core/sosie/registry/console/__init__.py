"""The console: the registry's own pages, rendered here and complete without a script."""
