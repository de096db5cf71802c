"""A program over many devices, really run: on simulated devices of this machine's CPU, and compared with one device."""
