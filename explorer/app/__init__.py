"""Composes: the catalog and the rooms make records, the panel shows them, commands come back."""
