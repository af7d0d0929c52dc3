#!/usr/bin/env python3
"""Each link inside the built site leads to a file, and to a place in it.

    python3 docs/tools/site.py build/docs/html

Links to other hosts are counted, not followed: the build asks no host but the registries.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# rustdoc's: a link in the text of tracing's traits, which it repeats, and scripts with a list of
# types that it leaves out where the list is empty.
FOREIGN = ("dispatcher#setting-the-default-subscriber", "/trait.impl/")


class Page(HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.links, self.names = [], set()
        self.feed(path.read_text(errors="replace"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.names.update(given[name] for name in ("id", "name") if given.get(name))
        for name in ("href", "src"):
            if given.get(name) and tag != "base":
                self.links.append(given[name])


def main(root):
    read = {path.resolve(): Page(path) for path in root.rglob("*.html")}
    wrong, inside, outside = [], 0, set()
    for path, page in read.items():
        for link in page.links:
            parts = urlsplit(link)
            if any(part in link for part in FOREIGN):
                continue
            if parts.scheme or parts.netloc:
                outside.add(link)
                continue
            inside += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            where = f"{path.relative_to(root.resolve())}: {link}"
            if not target.exists():
                wrong.append(f"{where}: no such file")
            elif parts.fragment and not is_place(read.get(target), parts.fragment):
                wrong.append(f"{where}: no such place")
    print(*wrong[:50], sep="\n", end="\n" if wrong else "")
    print(f"{len(read)} pages, {inside} links inside, {len(outside)} to other hosts")
    print(f"{len(wrong)} links are wrong")
    return bool(wrong) or not inside


def is_place(page, fragment):
    # rustdoc encodes names too, and makes the places of lines of sources with a script.
    named = page is None or fragment in page.names or unquote(fragment) in page.names
    return named or fragment.replace("-", "").isdigit()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
