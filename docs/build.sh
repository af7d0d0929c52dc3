#!/usr/bin/env bash
# Builds the documentation site into build/docs/html and checks its links. Needs Python 3.11, npm, Go,
# cargo and a C compiler; what it downloads are pinned packages of their registries.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$PWD/build/docs
venv=$out/venv
mermaid=11.17.2
mermaid_sha512=57a2b70bc101744b0f1595d228c25eea9a50384371b87011afd1af1d7e21878ee501b84c443f6a7f8a042bb2e869143150b31af34feab798073bbdda0a578106
typedoc=$PWD/docs/tools/typedoc

mkdir -p "$out"
if ! cmp -s docs/requirements.txt "$venv/installed"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check -r docs/requirements.txt
    cp docs/requirements.txt "$venv/installed"
fi

# Draws the diagrams in the reader's browser. The one file of the package that is needed.
if [ ! -e "$out/static/mermaid.min.js" ]; then
    (cd "$out" && npm pack --silent "mermaid@$mermaid" >/dev/null)
    echo "$mermaid_sha512  $out/mermaid-$mermaid.tgz" | sha512sum --check --quiet
    mkdir -p "$out/static"
    tar -xzf "$out/mermaid-$mermaid.tgz" -C "$out/static" --strip-components=2 package/dist/mermaid.min.js
fi

"$venv/bin/python" docs/tools/check.py --yaml

# The reference of Go: what `go doc` prints, as pages of the site.
rm -rf docs/api/go docs/api/python
mkdir -p docs/api/go
for package in rdsiam rdsiampgx rdsiammysql rdsiamaws; do
    folder=examples/go/rdsiam
    [ "$package" = rdsiam ] || folder+=/$package
    {
        printf '%s\n%s\n\n.. code-block:: text\n\n' "$package" "${package//?/=}"
        (cd "$folder" && CGO_ENABLED=1 go doc -all .) | sed 's/^/    /'
    } >"docs/api/go/$package.rst"
done

rm -rf "$out/html"
DOCS_C_INCLUDES=$(cc -print-file-name=include) \
    "$venv/bin/sphinx-build" -q -W --keep-going -j auto -d "$out/doctrees" docs "$out/html"

cargo doc -q --no-deps --locked -p rdsiam
cp -r "${CARGO_TARGET_DIR:-target}/doc" "$out/html/api/rust"
echo '<meta http-equiv="refresh" content="0; url=rdsiam/index.html">' >"$out/html/api/rust/index.html"

(cd "$typedoc" && npm ci --silent)
"$typedoc/node_modules/.bin/typedoc" --options "$typedoc/typedoc.json" --out "$out/html/api/node"

python3 docs/tools/site.py "$out/html"
