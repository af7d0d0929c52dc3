#!/usr/bin/env python3
"""The header as documentation and as a promise.

header.py docs             fails if a function does not say all that the others say
header.py examples FILE    writes a program of the examples in the header
header.py abi              prints the facts that a compiled program relies on
header.py symbols          prints the functions
header.py write            writes both of these into ffi/, if no line of them would go away
"""

import contextlib
import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "include" / "rdsiam.h").read_text()
FUNCTION = re.compile(
    r"^(?:RDSIAM_NODISCARD\s+)?([a-z][\w ]* \**)(rdsiam_\w+)\(([^;]*)\);$", re.MULTILINE
)
CALLBACK = re.compile(r"^typedef (\w+) \(\*(rdsiam_\w+)\)\(([^;]*)\);$", re.MULTILINE)
HEADINGS = ["Memory", "Threads", "Blocks", "Since"]


class Function:
    """A declaration and the comment before it."""

    def __init__(self, found):
        self.returns, self.name = found[1].strip(), found[2]
        self.arguments = " ".join(found[3].split())
        before = TEXT[: found.start()].rstrip()
        self.comment = ""
        if before.endswith("*/"):
            raw = before[before.rindex("/**") + 3 : -2]
            self.comment = re.sub(r"^ \* ?", "", raw, flags=re.MULTILINE).strip()

    @property
    def parameters(self):
        if self.arguments == "void":
            return []
        return [re.search(r"(\w+)$", one)[1] for one in self.arguments.split(",")]

    @property
    def prototype(self):
        return f"{self.returns} {self.name}({self.arguments})".replace("* ", "*")

    def complaints(self):
        if not re.match(r"[A-Z][^@]+\.", self.comment):
            yield "does not begin with a sentence"
        named = re.findall(r"^@param (\w+) +\S", self.comment, re.MULTILINE)
        if named != self.parameters:
            yield f"documents the parameters {named} and has {self.parameters}"
        returned = re.search(r"^@return (\S[^@]*?)(?:\n\n|\Z)", self.comment, re.MULTILINE)
        if (self.returns == "void") != (returned is None):
            yield "says what it returns, or does not, against its type"
        told = returned and re.search("RDSIAM_|As rdsiam_token_get", returned[1])
        if self.returns == "rdsiam_status" and not told:
            yield "names no status"
        headings = re.findall(r"^(\w+): +\S", self.comment, re.MULTILINE)
        if headings != HEADINGS:
            yield f"has the headings {headings} and not {HEADINGS}"
        for name in set(re.findall(r"\bRDSIAM_[A-Z_]+[A-Z]\b", self.comment)):
            if f"#define {name} " not in TEXT:
                yield f"names {name}, which there is not"
        for name in set(re.findall(r"\brdsiam_\w+(?=\(\))", self.comment)):
            if f"{name}(" not in TEXT.replace(f"{name}()", ""):
                yield f"names {name}(), which there is not"


def functions():
    return [Function(found) for found in FUNCTION.finditer(TEXT)]


def docs():
    """0 if every declaration says all."""
    everything = functions() + [Function(found) for found in CALLBACK.finditer(TEXT)]
    bad = [f"{one.name} {what}" for one in everything for what in one.complaints()]
    for kind in re.findall(
        r"^#define (RDSIAM_(?!H\b|NODISCARD\b)\w+)|^typedef struct (\w+)", TEXT, re.MULTILINE
    ):
        name = kind[0] or kind[1]
        if not re.search(rf"\*/\n(?:#define|typedef struct) {name}\b", TEXT):
            bad.append(f"{name} says nothing")
    print("\n".join(bad) or f"header: {len(everything)} functions say all that they should")
    return 1 if bad or len(everything) < 60 else 0


def examples(target):
    """Each example is a function that gives something else than 0 when it went well."""
    stripped = re.sub(r"^ \* ?", "", TEXT, flags=re.MULTILINE)
    code = re.findall(r"^@code\n(.*?)^@endcode$", stripped, re.DOTALL | re.MULTILINE)
    names = re.findall(
        r"^ {4}int (\w+)\((void|const rdsiam_client \*client)\) \{$", "".join(code), re.MULTILINE
    )
    if len(names) != len(code) or len(code) < 9:
        raise SystemExit(f"{len(code)} examples with {len(names)} functions")
    lines = [
        "#include <time.h>",
        '#include "support.h"',
        "static int log_in(const char *password) {",
        '    return strstr(password, "X-Amz-Signature=") != NULL;',
        "}",
        *[f"int {name}({arguments});" for name, arguments in names],
        *[re.sub(r"^ {4}", "", one, flags=re.MULTILINE) for one in code],
        "int main(void) {",
        "    rdsiam_config *config = rdsiam_config_new();",
        "    rdsiam_client *client = NULL, *host_fetches = NULL;",
        "    CHECK(rdsiam_client_new(config, &client, NULL) == RDSIAM_OK);",
        "    CHECK(rdsiam_config_set_host_fetches(config, NULL) == RDSIAM_OK);",
        "    CHECK(rdsiam_client_new(config, &host_fetches, NULL) == RDSIAM_OK);",
        "    rdsiam_config_free(config);",
    ]
    for name, arguments in names:
        client = "host_fetches" if "own_credentials" in name else "client"
        lines.append(f"    CHECK({name}({'' if arguments == 'void' else client}) == 1);")
    lines += [
        "    rdsiam_client_free(client);",
        "    rdsiam_client_free(host_fetches);",
        f'    return report("examples", {len(names)});',
        "}",
    ]
    Path(target).write_text("\n".join(lines) + "\n")
    return 0


def compile_c(source, *options):
    command = ["cc", "-std=c99", "-I", ROOT / "include", "-x", "c", "-", *options]
    return subprocess.run(command, input=source, text=True, capture_output=True)


def abi():
    """Numbers and sizes as a compiler sees them, handles that have none, and prototypes."""
    numbers = re.findall(r"^#define (RDSIAM_(?!H\b|NODISCARD\b|VERSION_)\w+)", TEXT, re.MULTILINE)
    lines = ["#include <stdio.h>", "#include <rdsiam.h>", "int main(void) {"]
    lines += [f'printf("{name} %ld\\n", (long){name});' for name in numbers]
    callbacks = ("rdsiam_provider_fn", "rdsiam_event_fn", "rdsiam_free_fn")
    for kind in ("rdsiam_status", "bool", "size_t", *callbacks):
        lines.append(f'printf("{kind} has %zu bytes\\n", sizeof({kind}));')
    lines.append('printf("rdsiam_status is %s\\n", (rdsiam_status)-1 < 0 ? "signed" : "unsigned");')
    lines += ["return 0; }"]
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "facts")
        built = compile_c("\n".join(lines), "-o", program)
        if built.returncode != 0:
            raise SystemExit(built.stderr)
        print(subprocess.run([program], text=True, capture_output=True, check=True).stdout, end="")
    for handle in re.findall(r"^typedef struct (\w+) \1;$", TEXT, re.MULTILINE):
        known = compile_c(f"#include <rdsiam.h>\n{handle} inside;", "-fsyntax-only").returncode == 0
        print(f"{handle} is {'not opaque' if known else 'opaque'}")
    for one in sorted(functions(), key=lambda one: one.name):
        print(one.prototype)
    for found in CALLBACK.finditer(TEXT):
        print(" ".join(found[0].split()))
    return 0


def symbols():
    print("\n".join(sorted(one.name for one in functions())))
    return 0


def write():
    for name, told in (("symbols", symbols), ("abi", abi)):
        file = ROOT / "ffi" / f"{name}.txt"
        with contextlib.redirect_stdout(io.StringIO()) as out:
            told()
        gone = set(file.read_text().splitlines()) - set(out.getvalue().splitlines())
        if gone:
            print(
                f"{file.name} would lose what programs rely on (ABI.md):", *sorted(gone), sep="\n"
            )
            return 1
        file.write_text(out.getvalue())
    return 0


if __name__ == "__main__":
    commands = {"docs": docs, "examples": examples, "abi": abi, "symbols": symbols, "write": write}
    sys.exit(commands[sys.argv[1]](*sys.argv[2:]))
