"""Passes about loops."""

LOOPS = {
    "simplify-while-loops": "Removes loops that run once or never, and what they carry along without using it.",
    "while-loop-invariant-code-motion": "Moves what is the same in every turn of a loop out of it.",
    "while-loop-constant-sinking": "Moves constants that a loop carries along into it.",
    "while-loop-fusible-sinking": "Moves cheap values that a loop carries along into it, where they can be fused.",
    "while-loop-concat-code-motion": "Carries several arrays of a loop as one.",
    "while-loop-trip-count-annotator": "Notes on each loop how often it runs, where that is known.",
    "while-initializer-removal": "Leaves out filling arrays that a loop overwrites entirely.",
    "small-while-loop-hoisting": "Puts small loops into functions of their own, to be compiled as one piece.",
    "loop-schedule-linearizer": "Orders what a loop does, so that values are read before they are overwritten.",
    "scan_loop_accumulator_input_unification": "Lets a scan write its results into the array that it reads from.",
    "dynamic-slice-annotator": "Notes on slices in loops how their position moves from turn to turn.",
}
