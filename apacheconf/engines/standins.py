"""A certificate for configurations whose own isn't on this machine: made by ``openssl``, for one sandbox."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from apacheconf.engines.sandbox import Sandbox

_NAME = "stand-in.pem"


def make_certificate(box: Sandbox) -> Path | None:
    """A file with a key and a certificate that it signed itself; None where there is no ``openssl`` that makes one."""
    program = shutil.which("openssl")
    file = box.path / _NAME
    if program is None or file.exists():
        return file if file.exists() else None
    command = [program, "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
               "-days", "2", "-subj", "/CN=stand-in.invalid", "-keyout", str(file), "-out", "-"]  # fmt: skip
    try:
        made = subprocess.run(command, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return None
    if made.returncode != 0:
        return None
    with file.open("a") as out:
        out.write(made.stdout)
    file.chmod(0o644)
    return file
