"""Pixels in memory-mapped files of a private folder.

The agent makes one folder for each client and removes it when the client goes, or dies. Not
`multiprocessing.shared_memory`: its resource tracker starts `sys.executable`, which inside a host is the
host. Room is taken before it is written, so that a full disk is an error and not a bus error.
"""

from __future__ import annotations

import errno
import mmap
import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from sosie.errors import AgentError, OptionError, SetupError
from sosie.messages import Channels, ColourSpace, Depth, Pixels

BYTES_PER_SAMPLE = {"u8": 1, "u16": 2, "f16": 2, "f32": 4}
SAMPLES_PER_PIXEL = {"RGB": 3, "RGBA": 4, "BGRA": 4, "L": 1}
COPIED_AT_ONCE = 16 << 20
#: The longest side and the most pixels of a picture on the wire.
LONGEST_SIDE, MOST_PIXELS = 32_768, 200_000_000


def size_of(pixels: Pixels) -> int:
    """The number of bytes of a picture.

    Raises:
        OptionError: a depth or a channel order that does not exist, or sides out of range.
    """
    if pixels.depth not in BYTES_PER_SAMPLE or pixels.channels not in SAMPLES_PER_PIXEL:
        raise OptionError(
            f"Pixels of depth {pixels.depth!r} with channels {pixels.channels!r} are not known.",
            remedy="Use u8, u16, f16 or f32 with RGB, RGBA, BGRA or L.",
        )
    if not (0 < pixels.width <= LONGEST_SIDE and 0 < pixels.height <= LONGEST_SIDE):
        raise OptionError(
            f"A picture of {pixels.width} x {pixels.height} is out of range.",
            remedy=f"Each side must be 1 to {LONGEST_SIDE} pixels.",
        )
    if pixels.width * pixels.height > MOST_PIXELS:
        raise OptionError(
            f"A picture of {pixels.width} x {pixels.height} has more than {MOST_PIXELS} pixels.",
            remedy="Crop to the person and some surroundings.",
        )
    return pixels.width * pixels.height * SAMPLES_PER_PIXEL[pixels.channels] * BYTES_PER_SAMPLE[pixels.depth]


class PixelFolder:
    """The pixels of one client, as files in `folder`. Nothing outside that folder is ever opened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(
        self,
        data: bytes | bytearray | memoryview,
        *,
        width: int,
        height: int,
        depth: Depth,
        channels: Channels,
        colour: ColourSpace = "srgb",
        bottom_up: bool = False,
    ) -> Pixels:
        """Copy a picture's bytes (interleaved rows, no padding) into the folder.

        Raises:
            OptionError: the number of bytes is not that of such a picture.
            SetupError: `storage_full` when there is no room.
        """
        pixels = Pixels(str(self.new_path()), width, height, depth, channels, colour, bottom_up)
        view = memoryview(data).cast("B")
        if view.nbytes != size_of(pixels):
            raise OptionError(
                f"{view.nbytes} bytes are not a picture of {width} x {height} {channels} {depth}.",
                remedy=f"Send {size_of(pixels)} bytes, rows without padding.",
            )
        with self.create(pixels) as mapped:
            mapped[:] = view
        return pixels

    def create(self, pixels: Pixels) -> mmap.mmap:
        """A new writable file for `pixels`, its room taken, mapped.

        Raises:
            SetupError: `storage_full` when there is no room.
        """
        descriptor, size = self._new(pixels), size_of(pixels)
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(descriptor, 0, size)
            else:
                os.truncate(descriptor, size)
            return mmap.mmap(descriptor, size)
        except OSError as error:
            raise self._full(pixels, error) from error
        finally:
            os.close(descriptor)

    def copy(self, pixels: Pixels, check: Callable[[], None] = lambda: None) -> Pixels:
        """A picture's copy under a name of its own; what `check` raises meanwhile ends it.

        Raises:
            AgentError, SetupError: as `open` and `create`.
        """
        made = replace(pixels, path=str(self.new_path()))
        with self.open(pixels) as source, memoryview(source) as whole:
            self.write(made, (whole[at : at + COPIED_AT_ONCE] for at in _at_once(len(whole), check)))
        return made

    def write(self, pixels: Pixels, strips: Iterable[memoryview]) -> None:
        """A new file for `pixels` of the bytes of `strips`; none where taking the next one raises.

        Raises:
            SetupError: `storage_full` when there is no room.
        """
        descriptor = self._new(pixels)
        try:
            # Not mapped: a write lets other threads run, takes no page twice, and says when the disk is full.
            for strip in strips:
                with strip:  # let go of: an error keeps this frame, and what a view looks at cannot be closed
                    done = 0
                    while done < len(strip):
                        done += os.write(descriptor, strip[done:])
        except OSError as error:
            raise self._full(pixels, error) from error
        except BaseException:
            self.release(pixels)
            raise
        finally:
            os.close(descriptor)

    def new_path(self) -> Path:
        """A name nobody has used."""
        return self.folder / f"{uuid.uuid4().hex}.px"

    def open(self, pixels: Pixels, *, write: bool = False) -> mmap.mmap:
        """An existing picture, mapped read-only or for writing; close it after use.

        Raises:
            AgentError: `pixels_invalid` when the file is outside the folder, gone, or not of the stated size.
        """
        path, size = self._inside(pixels.path), size_of(pixels)
        try:
            descriptor = os.open(
                path,
                (os.O_RDWR if write else os.O_RDONLY)
                | getattr(os, "O_NOFOLLOW", 0)
                | getattr(os, "O_CLOEXEC", 0),
            )
        except OSError as error:
            raise _invalid(f"{path.name} cannot be opened ({error.strerror}).") from error
        try:
            if (found := os.fstat(descriptor).st_size) != size:
                raise _invalid(f"{path.name} has {found} bytes where {size} were announced.")
            return mmap.mmap(descriptor, size, access=mmap.ACCESS_WRITE if write else mmap.ACCESS_READ)
        finally:
            os.close(descriptor)

    def read(self, pixels: Pixels) -> bytes:
        """A copy of a picture's bytes."""
        with self.open(pixels) as mapped:
            return mapped[:]

    def release(self, pixels: Pixels) -> None:
        """Remove a picture; one that is gone already is no error."""
        self._inside(pixels.path).unlink(missing_ok=True)

    def _new(self, pixels: Pixels) -> int:
        path, flags = self._inside(pixels.path), os.O_RDWR | os.O_CREAT | os.O_EXCL
        return os.open(path, flags | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0), 0o600)

    def _full(self, pixels: Pixels, error: OSError) -> Exception:
        """What a failed write means; its file goes."""
        self._inside(pixels.path).unlink(missing_ok=True)
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.ENOMEM}:
            return error
        return SetupError(
            f"No room for {size_of(pixels) // 2**20} MiB of pixels in {self.folder.parent}.",
            remedy="Close other programs or free disk space; a smaller crop needs less.",
            code="storage_full",
        )

    def _inside(self, name: str) -> Path:
        path = Path(name)
        if path.parent != self.folder or path.suffix != ".px":
            raise _invalid("They lie outside this client's folder.")
        return path


def _at_once(size: int, check: Callable[[], None]) -> Iterator[int]:
    """Where each piece of `size` bytes begins; `check` is called before it."""
    for at in range(0, size, COPIED_AT_ONCE):
        check()
        yield at


def _invalid(why: str) -> AgentError:
    return AgentError(
        f"These pixels cannot be used. {why}",
        remedy="Put the picture into the session's own pixel folder and send it again.",
        code="pixels_invalid",
    )
