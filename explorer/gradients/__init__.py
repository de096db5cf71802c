"""Gradients as numbers: their values, norms and histograms, and checks against finite differences."""
