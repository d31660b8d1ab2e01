"""A graphics device that any machine can have: SwiftShader, the Vulkan driver in Debian's chromium, which draws on the CPU."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
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
    mine = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = [shutil.which("unshare") or "unshare", "--mount", *mine, "sh", "-c", CARD, driver]
    parts = {
        "chromium": DRIVER.is_file(),
        "libvulkan1": ctypes.util.find_library("vulkan"),
        "onnxruntime-ep-webgpu": find_spec("onnxruntime_ep_webgpu"),
    }
    missing = [f"install {name}" for name, there in parts.items() if not there]
    if not missing and subprocess.run([*command, "true"], check=False).returncode:
        missing = ["let this user mount in a namespace of its own"]
    if missing:
        why = f"needs a device to break: {' and '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    return command
