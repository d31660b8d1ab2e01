"""Pages for people: rendered here, without a script, in the reader's language."""
