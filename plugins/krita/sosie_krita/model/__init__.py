"""What the docker knows and does, without Qt and without Krita: every file here is tested outside both."""
