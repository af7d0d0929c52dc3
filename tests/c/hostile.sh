# The library in hostile company, and under valgrind. Read by run.sh, whose functions it uses.

aws=$PWD/$out/aws
mkdir -p "$aws" "$out/locale"
cat >"$aws/process" <<'SH'
#!/bin/sh
echo '{"Version": 1, "AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "SECRET"}'
SH
chmod +x "$aws/process"
printf '[profile process]\ncredential_process = %s/process\n' "$aws" >"$aws/config"
localedef -i tr_TR -f UTF-8 "$out/locale/tr_TR.UTF-8"
run_hostile() { # the program and its argument, after a tool that runs it
    run env AWS_CONFIG_FILE="$aws/config" LOCPATH="$PWD/$out/locale" "$@"
}

# -rdynamic: its getenv() is the library's as well.
build hostile tests/c/test_hostile.c c "$out/lib" -Itests/c -rdynamic
for name in $("$out/hostile"); do
    run_hostile "$out/hostile" "$name"
done
# The sanitizers' allocator ends the program when memory is short, and has a getenv() of its own.
build hostile-asan tests/c/test_hostile.c c "$out/lib" -Itests/c "${sanitize[@]}"
is_sanitized "$out/hostile-asan"
for name in streams_closed locales signals children small_stacks; do
    run_hostile "$out/hostile-asan" "$name"
done

# No error, and nothing lost: what a process keeps by design is named in valgrind.supp.
valgrind=(valgrind -q --error-exitcode=9 --num-callers=30 --leak-check=full
    --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect,possible
    --suppressions=tests/c/valgrind.supp)
# It finds what there is to find.
printf '#include <stdlib.h>\nint main(void) { return malloc(7) == NULL; }\n' |
    "$CC" -x c -O0 - -o "$out/leaks"
if "${valgrind[@]}" "$out/leaks" 2>"$out/valgrind.log"; then
    echo "valgrind does not find a leak"
    exit 1
fi
run "${valgrind[@]}" "$out/api-c99" without-forks
run "${valgrind[@]}" "$out/request-c99"
run "${valgrind[@]}" "$out/vectors-c99"
for name in streams_closed locales children changing_environment; do
    run_hostile "${valgrind[@]}" "$out/hostile" "$name" 2>"$out/valgrind.log" || {
        cat "$out/valgrind.log"
        exit 1
    }
done
