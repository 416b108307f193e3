# SPDX-License-Identifier: Apache-2.0
"""MkDocs hook: pages from outside of docs/, and an API reference of every package.

Pages in docs/, README.md and others link to each other as files of the repository, so that they
read well there too. Here each such link becomes one to a page of the site, or to a copy of the
file. What does not exist is left as it is, and MkDocs fails on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

_log = get_plugin_logger(__name__)

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"

_PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "config/robots/ameca/README.md": "robots/ameca.md",
    "config/robots/example_twelve/README.md": "robots/example_twelve.md",
    "config/robots/virtual/README.md": "robots/virtual.md",
}
"""Pages of the site by the file in the repository that they are made of."""

_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
_IMAGE = re.compile(r'<img [^>]*src="(?!https?:)([^"]+)"')
_LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)#\s]+)")

_origins: dict[str, Path] = {}
"""File in the repository by the page or copy of the site that is made of it."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the API reference in the place that the navigation has for it."""
    reference = [{name: f"api/{name}.md"} for name in sorted(_packages())]
    sections = [part for section in config.nav or [] for part in section.values()]
    for entry in (one for part in sections if isinstance(part, list) for one in part):
        if entry.get("API") == "api/":
            entry["API"] = reference
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie outside of docs/ with what they link to, and the API reference."""
    _origins.clear()
    for file in files:
        if file.src_uri.endswith(".md"):
            _origins[file.src_uri] = DOCS / file.src_uri
    waiting = [(ROOT / origin, uri) for origin, uri in _PAGES.items()]
    for origin in list(_origins.values()):
        waiting += _linked(origin)
    while waiting:
        origin, uri = waiting.pop()
        if uri in _origins:
            continue
        _origins[uri] = origin
        text = uri.endswith(".md")
        content = origin.read_text(encoding="utf-8") if text else origin.read_bytes()
        files.append(File.generated(config, uri, content=content))
        if text:
            waiting += _linked(origin)
    for name, modules in _packages().items():
        files.append(File.generated(config, f"api/{name}.md", content=_api_page(name, modules)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point the links of a page to pages and files of the site; warn of missing HTML images."""
    uri = page.file.src_uri
    origin = _origins.get(uri)
    if origin is None:
        return markdown
    for source in _IMAGE.findall(_CODE.sub("", markdown)):
        if not (origin.parent / source).is_file():
            _log.warning("%s contains an image '%s', which does not exist", uri, source)

    def moved(link: re.Match[str]) -> str:
        target = (origin.parent / link[1]).resolve()
        return relpath(_uri(target), str(Path(uri).parent)) if target.is_file() else link[1]

    parts = _CODE.split(markdown)
    return "".join(part if k % 2 else _LINK.sub(moved, part) for k, part in enumerate(parts))


def _linked(page: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files outside of docs/ that a page links to, and where they are in the site."""
    for link in _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8"))):
        target = (page.parent / link).resolve()
        if target.is_file() and target.is_relative_to(ROOT) and not target.is_relative_to(DOCS):
            yield target, _uri(target)


def _uri(target: Path) -> str:
    """Return where the site has a file of the repository."""
    if target.is_relative_to(DOCS):
        return target.relative_to(DOCS).as_posix()
    path = target.relative_to(ROOT).as_posix()
    # MkDocs leaves hidden files out.
    return _PAGES.get(path, f"repository/{path}".replace("/.", "/"))


def _packages() -> dict[str, list[str]]:
    """Return the modules of each package and subpackage that has any, by its dotted name."""
    found: dict[str, list[str]] = {}
    for path in sorted(ROOT.glob("src/x2c_*/x2c_*/**/*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts[2:]
        if not path.stem.startswith("_"):
            found.setdefault(".".join(parts[:-1]), []).append(path.stem)
    return found


def _api_page(name: str, modules: list[str]) -> str:
    package = (
        f"# {name}\n\n::: {name}\n    options: {{members: false, show_root_heading: false}}\n"
    )
    return package + "".join(f"\n::: {name}.{one}\n" for one in modules)
