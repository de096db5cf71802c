"""Every trace and compile of the user's own code: where, what it cost, why it happened and what to change."""
