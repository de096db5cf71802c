"""What can be picked: models, data sets, optimizers and devices, one entry per file."""
