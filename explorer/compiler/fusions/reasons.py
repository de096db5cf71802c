"""What the reasons mean that XLA records for not fusing two kernels, in words that need no knowledge of XLA.

They are the texts of XLA's priority fusion and of what it asks (the checks on scatters, on values that are changed in
place, on a kernel's budget, on what Triton can do), as they stand in XLA's sources of jax 0.10 to 0.12.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Reason(NamedTuple):
    """Why two kernels are apart.

    Args:
      kind: "recorded" where XLA wrote it, "slower" where its model of times decided, "untold" where it recorded
        nothing of this pair, "none" where its compiler for the device records no reason at all.
      title: a few words.
      text: sentences.
      recorded: as XLA wrote it, None where it wrote nothing.
    """

    kind: str
    title: str
    text: str
    recorded: str | None = None


SLOWER = Reason(
    "slower",
    "would be slower",
    "XLA may fuse them, and does not: by its model of times one kernel would take longer. As a rule that is because "
    "work of the first would be done again for each result that needs it, or fewer threads would share the work.",
)
FAR_SLOWER = Reason(
    "slower",
    "would be far slower",
    "XLA may fuse them, and does not: its model rates one kernel as more than 1,000 times slower. The figure is a "
    "penalty more than a time, and is not shown.",
)
RESULT_TOO = Reason(  # XLA says this of the instruction that gathers results, or of a loop
    "recorded",
    "needed in memory anyway",
    "The first is also a result of the program or of a loop's body, or what a loop starts with, so it has to be in "
    "memory anyway. XLA fuses a result into all that need it or into none.",
    "the consumer is not fusible",
)
COPIED = Reason(
    "untold",
    "read in another shape",
    "XLA fused a copy of the first into all that read it directly, and kept it for the second, which reads it in "
    "another shape (a bitcast, which is no work). Such readers are not weighed, so nothing was recorded of them.",
)
NOT_HELD = Reason(
    "untold",
    "nothing that holds recorded",
    "XLA may fuse them, and did not. The times it wrote down do not add up to what it did, so they are not shown, and "
    "it wrote no other reason.",
)
UNTOLD = Reason(
    "untold",
    "nothing recorded",
    "XLA recorded nothing about this pair. The pass that weighs fusions looks neither at library calls, exchanges "
    "between devices and loops, nor at what is made or changed after it.",
)
RECORDS_NONE = "XLA for {} records no reason: its fusion passes do not write down what they leave apart, nor why."

_TRITON = "One of the two is a kernel that Triton makes, so the fused one would have to be, and "
_IN_PLACE = "The second changes a value in place instead of writing a new one. Fused, "

_TEXTS: tuple[tuple[str, str, str], ...] = (
    # the two kernels
    (
        "both the producer and the consumer contain a reduce",
        "both reduce",
        "Both reduce many values to few, 16 to 1 or more. XLA keeps two such reductions apart where one follows the "
        "other, because its model cannot tell yet how long one kernel with both would take.",
    ),
    (
        "fusion into output of a reduce fusion would create a loop fusion",
        "ends in a reduction",
        "The first ends in a reduction, whose kernel lets many threads work on one result. What the second does to "
        "the result does not fit such a kernel: fused, the reduction would become a plain loop in single threads.",
    ),
    (
        "the producer is not fusible",
        "made by one that stays alone",
        "The first is of a kind that XLA fuses into nothing after it: a library call, say, or a matrix product, for "
        "which a kernel of its own was made before.",
    ),
    (
        "the consumer is not fusible",
        "read by one that stays alone",
        "The second is of a kind that XLA fuses nothing more into: a library call, say, or a matrix product, for "
        "which a kernel of its own was made before.",
    ),
    ("User is not fusible", "read by one that stays alone", "The second is of a kind that XLA fuses nothing into."),
    (
        "not fusing because there are only bitcast users",
        "read in another shape",
        "The result is read in another shape (a bitcast, which is no work). XLA fuses a result into what reads it "
        "directly, found only that change of shape, and left it at that.",
    ),
    (
        "not fusing into a single bitcast as consumer",
        "read in another shape",
        "What reads the result only sees it in another shape (a bitcast, which is no work), and XLA makes no kernel "
        "for that.",
    ),
    (
        "No users to fuse",
        "nothing to fuse into",
        "XLA found nothing that reads the result where it looked: it is a result of the program, or of a loop's body.",
    ),
    (
        "not fusing into the output of the root instruction",
        "it is the result",
        "The first makes the result of the program, or of a loop's body, so it must be in memory anyway.",
    ),
    (
        "more than one consumer to fuse with",
        "several would fit",
        "A kernel with two results would fit with more than one of those that read the first, and XLA does not choose.",
    ),
    (
        "expensive producer would be duplicated",
        "costly to do twice",
        "The first would have to be done again in each kernel that reads it, and it is costly.",
    ),
    ("fusion pass cannot duplicate", "would be done twice", "The first would have to be done again in each kernel."),
    # what one kernel may hold
    (
        r"shared memory usage would be over the budget of (?P<n>\d+) ?B",
        "too much shared memory",
        "One kernel of both would need more than the {n} bytes of fast memory that a block of threads shares.",
    ),
    (
        r"over (?P<n>\d+) unnested reductions in fusion",
        "too many reductions",
        "One kernel of both would hold more than {n} reductions, and run out of registers.",
    ),
    (
        r"Number of operands and outputs? ?(?:buffers is larger than allowed budget per fusion|exceeds (?P<n>\d+))",
        "too many arrays",
        "One kernel of both would read and write more arrays than a kernel may be handed.",
    ),
    (
        "the fusion would result in an overly large code duplication",
        "too much code",
        "Fused, the code of the first would be repeated so often in the second that the kernel becomes too large.",
    ),
    # scatters
    (
        "do not fuse into the in-place operand of scatter",
        "scattered into in place",
        "The second writes single values into the result of the first, in place (a scatter), so the whole of it has "
        "to be in memory before.",
    ),
    (
        "do not fuse into the output of scatter",
        "ends in a scatter",
        "The first ends in a scatter, which writes to places that are known only while it runs. No value is finished "
        "before all are, so what follows needs a kernel of its own.",
    ),
    (
        "Producer uses the in-place operand of a scatter",
        "reads what is scattered into",
        "The second writes into an array in place (a scatter) that the first reads: fused, it might read what was "
        "already written over.",
    ),
    # changed in place
    (
        "The consumer is an in-place operation that has an additional operand.*",
        "changed in place",
        _IN_PLACE + "it might read what was already written over, as it reads that value a second time.",
    ),
    (
        "Producer fusion has multiple non-elementwise ops.*|Non-elementwise ops in consumer lead to inplace conflict.*"
        "|unrecognized inplace update non-elementwise output pair",
        "changed in place",
        _IN_PLACE + "values that the first still needs might be written over: it reads others than the one at hand.",
    ),
    (
        "multiple dus ops, bailing.",
        "several changes in place",
        "The second changes several stretches of arrays in place, and XLA does not check more than one for conflicts.",
    ),
    (
        "(?:Slice|Dynamic slice) op has a different shape.*|DUS and (?:slice|DS) index mismatch"
        "|Fusing (?:slice|DS) into DUS.*",
        "changed in place",
        _IN_PLACE + "the first would read another stretch of the array than the one the second writes, and might find "
        "it written over.",
    ),
    # what Triton can do
    (
        r"Unsupported (?:instruction )?opcode (?P<n>[\w-]+)",
        "Triton has no {n}",
        _TRITON + "XLA does not make a {n} with Triton.",
    ),
    (
        "Unsupported conversion in Triton: (?P<n>.+)",
        "Triton cannot convert it",
        _TRITON + "XLA does not convert {n} with Triton.",
    ),
    (
        "Unsupported (?:output|input) data type.|Unsupported types.|S4 is not supported.|.*not supported for iota."
        "|F8E4M3FN and F8E5M2 are not supported for reductions.",
        "a type Triton lacks",
        _TRITON + "XLA has no Triton code for the type of number that is in it.",
    ),
    (
        "Unsupported elementwise operation.",
        "an operation Triton lacks",
        _TRITON + "XLA has no Triton code for an operation in it.",
    ),
    (
        "Unsupported reduction computation by Triton.|Reduction is not a row-reduction of a single operand.",
        "a reduction Triton lacks",
        _TRITON + "XLA makes only plain reductions with Triton: of one array, along one axis.",
    ),
    (
        "Only scalar constants are supported in Triton.",
        "holds a constant array",
        _TRITON + "XLA takes only single numbers as constants there.",
    ),
    (
        "dynamic slice is supported but not enabled yet|only bitcasts with the same number of elements are supported"
        "|Only high padding is supported.|No-op pad ops are not allowed.",
        "indexing Triton lacks",
        _TRITON + "XLA has no Triton code, or has it switched off, for the way in which it cuts, pads or reshapes.",
    ),
    (
        "(?:Dot operation|Only operands that are fusions|Unsupported dot algorithm|Exactly one contracting dimension"
        "|Expected |Unexpected user opcode|Computation called by fusion).*|.* for dot algorithm .*",
        "not such a product",
        _TRITON + "XLA has no Triton code for a matrix product of this form.",
    ),
    (
        "the producer or consumer contain a concatenate|Only (?:support )?concatenates .*",
        "puts arrays together",
        "One of the two puts arrays together (a concatenate), which XLA does not do in a kernel of Triton's.",
    ),
    (
        "triton heroless fusion is not enabled",
        "switched off",
        "XLA could fuse them only into a kernel of Triton's, which is switched off for kernels like these.",
    ),
    (
        "(?:Fusion can not be tiled with SymbolicTileAnalysis|TiledRunTimeDataOrError).*",
        "no common tiles",
        _TRITON + "XLA found no way to cut both into tiles that fit each other.",
    ),
)
OF_THE_FIRST = frozenset(  # these hold whatever reads it
    {
        "the producer is not fusible",
        "do not fuse into the output of scatter",
        "not fusing into the output of the root instruction",
        "not fusing because there are only bitcast users",
        "No users to fuse",
    }
)
_KNOWN = tuple((re.compile(pattern, re.DOTALL), title, text) for pattern, title, text in _TEXTS)
AS_WRITTEN = "XLA wrote down a reason that is not explained here yet: “{}”."
LONGEST = 300  # characters of what XLA wrote that are kept: it may print a whole computation


def recorded(reason: str) -> Reason:
    """Return what a reason means; one that is not known here is shown as XLA wrote it."""
    written = reason if len(reason) <= LONGEST else f"{reason[:LONGEST]} ..."
    for pattern, title, text in _KNOWN:
        if found := pattern.fullmatch(reason.strip()):
            what = {name: value or "" for name, value in found.groupdict().items()}
            return Reason("recorded", title.format(**what), text.format(**what), written)
    return Reason("recorded", "another reason", AS_WRITTEN.format(written), written)
