"""Models of other libraries as entries of the catalog, one file each, imported only when such a model is given."""
