"""A whole region on one machine: the command line, embedded servers, the demo, import, checks."""
