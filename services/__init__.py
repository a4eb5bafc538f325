"""The services of a region, and the kernel they share."""
