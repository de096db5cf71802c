"""Passes that decide where values lie, in what order they are made, and what is copied."""

ARRANGING = {
    "pipeline-start": "Not a pass: a list of passes begins here. What changed since the pass before was done between "
    "lists, such as setting the order in which instructions run.",
    "pipeline-end": "Not a pass: a list of passes ends here.",
    "layout-assignment": "Decides for every array in which order its dimensions lie in memory, and copies where two "
    "operations want it differently.",
    "layout_assignment": "The group of passes that decides how arrays lie in memory.",
    "layout_normalization": "Writes every array as if its last dimension were the closest in memory, with changes of "
    "view where needed.",
    "layout_fixup": "Corrects layouts after other passes changed the program.",
    "after_layout_assignment": "A list of passes for what remains to be done once layouts are chosen.",
    "copy-insertion": "Adds copies where a value would be overwritten while it is still needed, and removes those that "
    "are not needed.",
    "adding_copies_to_resolve_interference": "Adds copies where a value would be overwritten while it is still needed, "
    "as in loops.",
    "removing_unnecessary_copies": "Removes the copies that turned out not to be needed.",
    "adding_special-case_copies": "Adds the copies that results need, such as where one array is returned twice.",
    "move_copy_to_users": "Moves copies to where their value is used, where they may vanish.",
    "optimize_input_output_buffer_alias": "Lets results take the memory of arguments that were donated.",
    "rematerialization": "Computes values again instead of keeping them, where memory would not suffice.",
    "rematerialization_with_stats": "Computes values again instead of keeping them, where memory would not suffice.",
    "remat-pipeline": "The group of passes that computes values again to save memory.",
    "latency-hiding-scheduler": "Orders the instructions so that communication runs while something is computed.",
    "hlo-memory-scheduler-with-brkga-fallback": "Orders the instructions so that as little memory as possible is in "
    "use at a time.",
    "early-scalar-operand-scheduler": "Computes scalars that decide positions early, so that nobody waits for them.",
    "legalize-scheduling-annotations": "Checks and completes the wishes for an order that the program carries.",
    "scheduling-instruction-annotator": "Notes on each instruction which place it has in the order.",
    "constant-deferring": "Makes constants just before they are used.",
    "instruction-hoister": "Moves parameters and constants to the front.",
    "root-instruction-sinker": "Moves the result to the end.",
    "cpu-parallel-task-assigner": "Decides which operations are large enough to be split over several cores.",
    "sub-byte-size-setter": "Notes for integers of less than 8 bits how many bits they take in memory.",
    "strip-memory-placement-annotations": "Removes wishes for a memory that this device does not have.",
    "host-offloader": "Carries out the wishes to keep arrays in the memory of the host.",
    "host-offload-legalize": "Moves the wishes to keep arrays on the host to where they can be carried out.",
    "host-memory-transfer-asyncifier": "Lets copies from and to the host run beside the computation.",
    "host_compute_asyncifier": "Lets what runs on the host run beside the device.",
    "hlo_host_device_type_call_wrapper": "Puts what is to run on the host into a function of its own.",
    "add-random-host-offloading": "For tests of the compiler: moves arrays to the host at random; off as a rule.",
    "reorder-reduce-transpose": "Reduces before it transposes, so that less is moved.",
}
