#!/usr/bin/env python3
"""Links, anchors, words and the form of each block of code of the documentation, in seconds.

    python3 docs/tools/check.py
    build/docs/venv/bin/python docs/tools/check.py --yaml    # as `make docs` does: YAML too

Each block of a programming language says what stands for it: `<!-- run -->` (docs/tools/run.py
runs it against the stand-in), `<!-- same as: FILE -->` (its lines are in that file, which a test
runs), or `<!-- shown: WHY -->`.
"""

import ast
import configparser
import functools
import importlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from pages import DOCS, ROOT, blocks, pages, site, without_code

LINK = re.compile(r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")
PROGRAMS = ("python", "js", "mjs", "c", "go", "rust", "sql")
OTHERS = ("sh", "json", "ini", "toml", "yaml", "text", "mermaid", "{toctree}")
DIAGRAMS = ("flowchart", "sequenceDiagram", "stateDiagram-v2")
# Words of a dialect that the project once had, from and to.
WORDS = {
    r"laid out": "prepared",
    r"\bamid\b": "during, while",
    r"refresh(es|ed)? behind": "background refresh",
    r"of one's own": "say whose",
    r"\bfaces?\b": "binding",
    r"\b(have|has) ended\b": "expired",
    r"\bended (keys|credentials|tokens?)\b": "expired",
    r"\bof late\b": "recently",
    r"\bbut for\b": "except",
    r"\bas it stands\b": "unchanged",
}
# Of users' pages alone: developers compare with peers in benchmarks.
USERS_WORDS = {r"\bpeers?\b": "the name of the SDK or tool"}
ARN = re.compile(
    r"arn:(?:aws|aws-cn|aws-us-gov):rds-db:[a-z]{2}(?:-[a-z]+)+-\d:\d{12}"
    r":dbuser:(?:(?:db|cluster|prx)-[A-Z0-9]+|\*)/[\w*]+"
)


def anchors(page):
    """As GitHub and MyST make them from headings."""
    found = set()
    for heading in re.findall(
        r"^#+ (.+)$", re.sub(r"```.*?```", "", page.read_text(), flags=re.S), re.M
    ):
        base = slug(heading)
        number = 0
        while (name := f"{base}-{number}" if number else base) in found:
            number += 1
        found.add(name)
    return found


def check_links(page):
    for link in LINK.findall(without_code(page.read_text())):
        if re.match(r"(https?|mailto):", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            yield f"leads nowhere: {link}"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            yield f"no such heading: {link}"


def check_words(page):
    text = re.sub(r"`[^`\n]*`", "`code`", without_code(page.read_text()))
    words = WORDS | (USERS_WORDS if page.is_relative_to(DOCS) or page.name == "README.md" else {})
    for pattern, instead in words.items():
        for match in re.finditer(pattern, text, re.IGNORECASE):
            line = text[: match.start()].count("\n")
            yield f"“{match.group()}”: {instead} (…{text.splitlines()[line][:60]}…)"
    for arn in re.findall(r"arn:[\w-]+:rds-db:[^\s\"`)]+", page.read_text()):
        if "REGION" not in arn and not ARN.fullmatch(arn) and "..." not in arn:
            yield f"no ARN of a login: {arn}"


def slug(heading):
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", text.replace("`", "")).replace(" ", "-")


def check_figures(page):
    """The figures of a row that leads to a section of BENCHMARKS.md are that section's, rounded."""
    for line in page.read_text().splitlines():
        row = re.match(r"\| \[[^\]]*\]\([./]*BENCHMARKS\.md#([\w-]+)\)[^|]*\|(.*)", line)
        if not row:
            continue
        known = measured(row.group(1))
        for figure in re.findall(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w.-])", row.group(2)):
            digits = len(figure.partition(".")[2])
            if not any(round(number, digits) == float(figure) for number in known):
                yield f"{figure} is not in that section of BENCHMARKS.md: {line}"


@functools.cache
def measured(section):
    for text in (ROOT / "BENCHMARKS.md").read_text().split("\n## ")[1:]:
        if slug(text.partition("\n")[0]) == section:
            return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]
    return []


def check_menu():
    """Each page of the site is in a menu; Sphinx says so too, but takes longer."""
    listed = {DOCS / "index.md"}
    for page in site():
        for block in blocks(page):
            if block.language != "{toctree}":
                continue
            for line in block.code.splitlines():
                if line and not line.startswith(":"):
                    name = re.sub(r".*<(.*)>", r"\1", line)
                    listed.update(page.parent.glob(f"{name}.md"))
    yield from (f"in no menu: {page.relative_to(ROOT)}" for page in {*site()} - listed)


def check_block(block):
    if block.language not in PROGRAMS + OTHERS:
        yield f"no check for the language “{block.language}”"
    if block.language in PROGRAMS and not block.mark:
        yield "says neither run, same as nor shown"
    if block.mark == "shown" and not block.detail:
        yield "does not say why it is only shown"
    if block.mark == "same as":
        text = (block.page.parent / block.detail).read_text()
        for line in filter(str.strip, block.code.splitlines()):
            if line.strip() not in text:
                yield f"is not in {block.detail}: {line.strip()}"
    wrong = PARSERS.get(block.language, lambda code: None)(block.code)
    if wrong:
        yield wrong


def python(code):
    try:
        # Fragments of asynchronous programs stand without their function.
        compile(code, "page", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    return None


def by(command, suffix, before="", after=""):
    def parse(code):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"block{suffix}"
            file.write_text(before + code + after)
            done = subprocess.run([*command, file], capture_output=True, text=True, check=False)
        if done.returncode:
            return (done.stderr or done.stdout).strip()[:300]
        return None

    return parse


def as_json(code):
    try:
        json.loads(code)
    except ValueError as error:
        return str(error)
    return None


def as_ini(code):
    try:
        configparser.RawConfigParser().read_string(code)
    except configparser.Error as error:
        return str(error)
    return None


def as_toml(code):
    # In Python's library from 3.11 on.
    tomllib = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        tomllib.loads(code)
    except tomllib.TOMLDecodeError as error:
        return str(error)
    return None


def as_yaml(code):
    # Not in Python's library; the builder of the site brings it.
    import yaml

    try:
        yaml.safe_load(code)
    except yaml.YAMLError as error:
        return str(error)
    return None


def as_diagram(code):
    if code.split()[0] not in DIAGRAMS:
        return "not a kind of diagram that is used here"
    if ";" in code:
        return "Mermaid ends a line at a semicolon"
    return None


def go(code):
    """A file, or lines of a function."""
    whole = code.startswith("package ")
    frame = [] if whole else ["package p\nfunc f() error {\n", "}\n"]
    return by(["gofmt", "-e", "-l"], ".go", *frame)(code)


PARSERS = {
    "python": python,
    "js": by(["node", "--check"], ".js"),
    "mjs": by(["node", "--check"], ".mjs"),
    "sh": by(["bash", "-n"], ".sh"),
    "go": go,
    "json": as_json,
    "ini": as_ini,
    "toml": as_toml,
    "mermaid": as_diagram,
}


def main(with_yaml):
    wrong, seen = list(check_menu()), 0
    if with_yaml:
        PARSERS["yaml"] = as_yaml
        forms = (ROOT / ".github").rglob("*.yml")
        told = {form.relative_to(ROOT): as_yaml(form.read_text()) for form in forms}
        wrong += [f"{form}: {problem}" for form, problem in told.items() if problem]
    for page in pages():
        name = page.relative_to(ROOT)
        found = [*check_links(page), *check_words(page), *check_figures(page)]
        wrong += [f"{name}: {problem}" for problem in found]
        for block in blocks(page):
            seen += 1
            wrong += [f"{block}: {problem}" for problem in check_block(block)]
    if not seen:
        wrong.append("no block of code was found")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{len(pages())} pages, {seen} blocks of code, {len(wrong)} problems")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main("--yaml" in sys.argv))
