"""Run by test_fork.py in a process of its own: forks it while other threads keep caches busy.

forks.py os FORKS | forks.py chain FORKS | forks.py fork FORKS | forks.py forkserver FORKS
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable

import rdsiam
from busy import HOST, Crowd, key_of

# A child that takes longer hangs.
BOUND = 30
AMID = 77


def exit_code(child: int) -> int:
    deadline = time.monotonic() + BOUND
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.003)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise AssertionError("a child hangs")


def fork(work: Callable[[], int]) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 1
        try:
            code = work()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return exit_code(child)


def by_os(forks: int) -> int:
    """How many of the forks came while a provider was called."""
    with Crowd() as crowd:
        amid = 0
        for number in range(forks):

            def work(number: int = number) -> int:
                amid = crowd.amid
                crowd.use_as_child(number)
                if number % 50 == 0:
                    crowd.renew_as_child()
                return AMID if amid else 0

            time.sleep(0.002 * (number % 4))
            code = fork(work)
            assert code in (0, AMID), f"child {number} ended with {code}"
            amid += code == AMID
    assert not crowd.wrong, crowd.wrong
    return amid


def by_chain(forks: int) -> int:
    """The default chain, in threads of the parent and in the children."""
    ending = threading.Event()
    wrong: list[BaseException] = []

    def use() -> int:
        judge_any(rdsiam.TokenCache(HOST, 5432, "app").get_token())
        judge_any(rdsiam.generate_db_auth_token(HOST, 5432, "app"))
        return 0

    def keep_busy() -> None:
        try:
            while not ending.is_set():
                use()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=keep_busy) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for number in range(forks):
            time.sleep(0.003 * (number % 5))
            assert fork(use) == 0
    finally:
        ending.set()
        for thread in threads:
            thread.join()
    assert not wrong, wrong
    return forks


def judge_any(token: str) -> None:
    told = rdsiam.explain(token)
    assert (told.host, told.problems) == (HOST, ()), told.problems


def work_with(crowd: Crowd, number: int) -> None:
    crowd.use_as_child(number)


def work_with_inherited(number: int) -> None:
    from inherited import crowd

    assert key_of(crowd.caches[0].get_token()) != f"AKID{os.getpid()}", "it was made here"
    crowd.use_as_child(number)


def by_multiprocessing(method: str, forks: int) -> int:
    context = multiprocessing.get_context(method)
    context.set_forkserver_preload(["inherited"])
    with Crowd() as crowd:
        for first in range(0, forks, 4):
            some = [
                context.Process(target=work_with, args=(crowd, number))
                if method == "fork"
                else context.Process(target=work_with_inherited, args=(number,))
                for number in range(first, min(first + 4, forks))
            ]
            for process in some:
                process.start()
            for process in some:
                process.join(BOUND)
                if process.exitcode is None:
                    process.kill()
                assert process.exitcode == 0, f"exit code {process.exitcode}"
    return forks


def main() -> None:
    how, forks = sys.argv[1], int(sys.argv[2])
    if how == "os":
        amid = by_os(forks)
    elif how == "chain":
        amid = by_chain(forks)
    else:
        amid = by_multiprocessing(how, forks)
    print(forks, amid)


if __name__ == "__main__":
    main()
