"""Leaves out of a session of cosmic-ray what changes nothing, and all but so many of the others.

python sample.py SESSION NUMBER: 0 is all of them. RDSIAM_SEED draws others.
"""

import os
import random
import sys

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import WorkerOutcome, WorkResult

# Annotations are not run; a decorator is there or the module is not loaded.
IDLE = ("BinaryOperator_BitOr", "BinaryOperator_RShift")

with use_db(sys.argv[1], WorkDB.Mode.open) as session:
    items = list(session.pending_work_items)
    useful = [one for one in items if not any(n in one.mutations[0].operator_name for n in IDLE)]
    number = int(sys.argv[2]) or len(useful)
    chosen = random.Random(int(os.environ.get("RDSIAM_SEED", "1"))).sample(
        useful, min(number, len(useful))
    )
    kept = {one.job_id for one in chosen}
    for item in items:
        if item.job_id not in kept:
            session.set_result(
                item.job_id, WorkResult(output="left out", worker_outcome=WorkerOutcome.SKIPPED)
            )
    print(f"{len(items)} changes, {len(kept)} of them are tried")
