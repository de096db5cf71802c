"""The roofline: how fast a device can be at most, as against which every kernel is drawn."""
