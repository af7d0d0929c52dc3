"""The documentation site, built by `make docs`."""

import json
import os
import re
from pathlib import Path

from pygments.lexers.javascript import JavascriptLexer
from pygments.lexers.special import TextLexer

ROOT = Path(__file__).resolve().parents[1]
REPOSITORY = "https://github.com/rdsiam/rdsiam/blob/main/"

project = "rdsiam"
author = "the rdsiam maintainers"
copyright = "the rdsiam maintainers"  # noqa: A001
version = release = json.loads((ROOT / "bindings-node/package.json").read_text())["version"]

extensions = ["myst_parser", "autoapi.extension", "hawkmoth", "hawkmoth.ext.javadoc"]
exclude_patterns = ["tools", "_static", "README.md"]
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
suppress_warnings = [
    # autoapi reads the sources without running them: what a name is imported from may be a driver.
    "autoapi.python_import_resolution",
    # Two mix-ins of Django have one name.
    "ref.python",
]

html_theme = "furo"
html_title = f"rdsiam {version}"
html_static_path = ["_static", str(ROOT / "build/docs/static")]
# The browser draws the diagrams. build.sh puts Mermaid there; no other host is asked.
html_js_files = ["mermaid.min.js", "diagrams.js"]
html_css_files = ["site.css"]
html_show_sphinx = False

autoapi_dirs = [str(ROOT / "bindings-python/python/rdsiam")]
autoapi_root = "api/python"
autoapi_options = ["members", "undoc-members", "imported-members"]
autoapi_file_patterns = ["*.pyi", "*.py"]
autoapi_ignore = ["*/_pyinstaller/*", "*/__main__.py"]
autoapi_add_toctree_entry = False
autoapi_member_order = "groupwise"

hawkmoth_root = str(ROOT / "include")
# libclang comes without stdbool.h and the like; build.sh says where the C compiler has them.
hawkmoth_autoconf = []
hawkmoth_transform_default = "javadoc"
hawkmoth_clang = [f"-I{path}" for path in os.environ.get("DOCS_C_INCLUDES", "").split(":") if path]

OUTSIDE = re.compile(r"\]\((?:\.\./)+(?!docs/)([^)#\s]+)((?:#[^)\s]*)?)\)")


def setup(app):
    app.connect("source-read", link_to_the_repository)
    app.connect("autodoc-process-docstring", as_restructured_text)
    app.connect("hawkmoth-process-docstring", with_blank_lines, priority=900)
    app.add_lexer("mjs", JavascriptLexer)
    app.add_lexer("mermaid", TextLexer)


def as_restructured_text(app, what, name, thing, options, lines):
    """The docstrings are plain text with `names` and indented code."""
    text = re.sub(r"(?<!`)`([^`\n]+)`(?!`)", r"``\1``", "\n".join(lines))
    # Code begins after a paragraph, which says so in no other way.
    text = re.sub(r"(^\S[^\n]*)\n\n(?=    )", r"\1\n\n::\n\n", text, flags=re.MULTILINE)
    lines[:] = text.splitlines()


def with_blank_lines(app, lines, transform, options):
    """What the header says in a form of its own, as reStructuredText wants it: lists after a blank
    line, and Memory, Threads, Blocks and Since as fields."""
    made = []
    for line in lines:
        field = re.match(r"([A-Z][a-z]+): +(\S.*)", line)
        inside = made and re.match(r" *(- |\d\. )|  |:|$", made[-1])
        if (field or re.match(r" *(- |\d\. )", line)) and made and not inside:
            made.append("")
        made.append(f":{field[1]}: {field[2]}" if field else line)
    lines[:] = made


def link_to_the_repository(app, docname, source):
    """A link from a page to a file outside docs/ leads to the file in the repository."""
    if docname.startswith("api/python"):
        return
    here = (Path(app.srcdir) / docname).parent

    def leads_to(match):
        path, anchor = match.group(1), match.group(2)
        target = (here / match.group(0)[2:].split(")")[0].split("#")[0]).resolve()
        if target.is_relative_to(Path(app.srcdir)):
            return match.group(0)
        return f"]({REPOSITORY}{path}{anchor})"

    source[0] = OUTSIDE.sub(leads_to, source[0])
