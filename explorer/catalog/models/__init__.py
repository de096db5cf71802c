"""Models that can be picked, one file each; a file is an entry when it defines `build`."""
