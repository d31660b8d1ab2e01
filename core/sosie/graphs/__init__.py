"""Build time only: the kernel's ONNX graph, the face basis, the constants of the skin tone. Never imported at run time."""
