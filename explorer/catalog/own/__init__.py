"""Models and data of the person's own, as entries of the catalog."""
