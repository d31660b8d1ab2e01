"""A Krita before 5.2 loads the docker, which says what is missing and offers nothing that would crash."""

from __future__ import annotations

from typing import Any


def test_the_docker_explains(krita: Any, docker: Any) -> None:
    panel = docker.panel
    assert panel.pages.currentWidget() is panel.trouble
    assert "5.2" in panel.trouble.text()
    assert krita.version() in panel.trouble.text()


def test_no_render_begins(docker: Any) -> None:
    docker.desk.render()
    assert docker.desk.renders.current is None
    assert docker.desk.renders.waiting == []
