"""Fair races: several settings from the same first params over the same batches, ranked by steps and by time."""
