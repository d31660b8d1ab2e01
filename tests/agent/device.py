"""A graphics device that any machine can have: SwiftShader, the Vulkan driver in Debian's chromium, which draws on the CPU."""

from __future__ import annotations

import ctypes.util
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

DRIVER = Path("/usr/lib/chromium/vk_swiftshader_icd.json")
#: ONNX Runtime has no device where the kernel lists no card; the process sees one, and no other classes of devices.
CARD = """
card=/sys/class/drm/card0/device
mount -t tmpfs tmpfs /sys/class && mkdir -p $card && echo 0x1ae0 > $card/vendor && echo 0xc0de > $card/device &&
VK_DRIVER_FILES=$0 VK_ICD_FILENAMES=$0 exec "$@"
"""


def vulkan(driver: str = str(DRIVER)) -> list[str]:
    """The beginning of a command whose only device is the one of this driver; else a skip, with CI=true a failure."""
    missing = [
        what
        for what, there in (
            ("chromium", DRIVER.is_file()),
            ("libvulkan1", ctypes.util.find_library("vulkan")),
            ("onnxruntime-ep-webgpu", find_spec("onnxruntime_ep_webgpu")),
        )
        if not there
    ]
    if missing:
        why = f"needs a device to break: install {' and '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    mine = [] if os.geteuid() == 0 else ["--map-root-user"]
    return [shutil.which("unshare") or "unshare", "--mount", *mine, "sh", "-c", CARD, driver]
