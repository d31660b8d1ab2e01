"""The error tree. Every error carries a stable code, a message and a remedy a host can show.

    SosieError
    ├── InputError                what the artist gave cannot be used
    │   ├── PictureError          picture_unreadable, picture_too_large, picture_mode_unsupported
    │   ├── FaceNotFoundError     face_not_found
    │   ├── FaceTooSmallError     face_too_small
    │   ├── PoseOutOfRangeError   pose_out_of_range
    │   ├── CaptureError          capture_rejected, capture_incomplete
    │   └── OptionError           option_invalid
    ├── PackError                 pack_corrupt, pack_version, pack_wrong_key, pack_unbound
    ├── RefusedError              the licence says no: one code for each reason (licence/refusals.py)
    ├── VerificationError         a signature, a proof or a delivered file does not hold
    ├── RegistryError             the registry answered with a problem: the code is the registry's
    │   └── RegistryUnreachableError   registry_unreachable
    ├── AgentError                agent_not_running, agent_version, agent_busy, agent_failed
    │   └── CancelledError        cancelled
    ├── ModelError                models_missing, model_corrupt
    └── SetupError                what this machine lacks: storage_full, port_taken, provider_missing, ...

Rules: standard library only, because host packages carry this file. A message says what happened with
the numbers; a remedy says what to do now. The wire carries `code`, `message`, `remedy` and nothing else.
"""

from __future__ import annotations

from typing import ClassVar


class SosieError(Exception):
    """The root of every error Sosie raises on purpose."""

    default_code: ClassVar[str] = "internal"
    #: Exit status of the command line when this error ends a command.
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, remedy: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.code = code or self.default_code

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".rstrip()

    def as_dict(self) -> dict[str, str]:
        """The three fields that cross the wire and that `--json` prints."""
        return {"code": self.code, "message": self.message, "remedy": self.remedy}


class InputError(SosieError):
    """What the artist gave cannot be used."""

    default_code = "input_invalid"
    exit_code = 2


class PictureError(InputError):
    """A picture that cannot be read, or is not one."""

    default_code = "picture_unreadable"


class FaceNotFoundError(InputError):
    """No face where one was asked for."""

    default_code = "face_not_found"


class FaceTooSmallError(InputError):
    """A face with too few pixels to carry a likeness."""

    default_code = "face_too_small"


class PoseOutOfRangeError(InputError):
    """A face turned further than a capture can answer for."""

    default_code = "pose_out_of_range"


class CaptureError(InputError):
    """Photographs that cannot become a twin."""

    default_code = "capture_rejected"


class OptionError(InputError):
    """An option outside its range, or two that exclude each other."""

    default_code = "option_invalid"


class PackError(SosieError):
    """A twin's pack that is damaged, foreign, too new, or locked with another key."""

    default_code = "pack_corrupt"
    exit_code = 3


class RefusedError(SosieError):
    """The licence, or a plugin that tightens it, says no."""

    default_code = "refused"
    exit_code = 4


class VerificationError(SosieError):
    """A signature, a proof, a document or a delivered file does not hold."""

    default_code = "verification_failed"
    exit_code = 5


class RegistryError(SosieError):
    """The registry answered with a problem (RFC 9457); the code is the registry's own."""

    default_code = "registry_problem"
    exit_code = 6

    def __init__(
        self, message: str, *, remedy: str = "", code: str | None = None, status: int | None = None
    ) -> None:
        super().__init__(message, remedy=remedy, code=code)
        #: HTTP status, where there was an answer.
        self.status = status


class RegistryUnreachableError(RegistryError):
    """No answer from the registry."""

    default_code = "registry_unreachable"


class AgentError(SosieError):
    """The agent on this machine is missing, too old, busy or broke."""

    default_code = "agent_failed"
    exit_code = 7


class CancelledError(AgentError):
    """Somebody stopped the job."""

    default_code = "cancelled"


class ModelError(SosieError):
    """Perception models or kernel graphs are not there or not the ones in the manifest."""

    default_code = "models_missing"
    exit_code = 8


class SetupError(SosieError):
    """Something this machine lacks."""

    default_code = "setup"
    exit_code = 9
