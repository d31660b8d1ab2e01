"""Tests that run inside the real hosts: `make test-hosts HOST=comfyui|krita|blender|all`. See README.md."""
