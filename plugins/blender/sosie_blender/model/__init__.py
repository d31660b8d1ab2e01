"""What needs no Blender: the twins' list, the use in words, requests under way, frames on disk."""
