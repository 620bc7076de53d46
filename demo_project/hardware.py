"""What measurements were taken on, as far as the machine itself tells."""

import platform
from collections.abc import Mapping
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")


def system() -> str:
    """Name the operating system and the kind of machine."""
    return f"{platform.system()} {platform.machine()}"


def processor() -> str:
    """Name the processor's model."""
    if _CPU_INFO.exists():
        for line in _CPU_INFO.read_text(errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return " ".join(value.split())
    return platform.processor() or "unknown"


def redis_product(info: Mapping[str, object]) -> tuple[str, str]:
    """Return name and version of a server, by its answer to ``INFO server``."""
    if "valkey_version" in info:
        return "Valkey", str(info["valkey_version"])
    return "Redis", str(info["redis_version"])
