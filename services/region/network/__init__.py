"""The network of regions, from the command line: a hub for it, invitations, joining, leaving, who is up.

hub.py         the hub's folder: its keys, the list of regions, invitations, and the NATS configuration
registrar.py   the hub at work: its server, and who answers those who want in, out or the list
joining.py     a region's side: keys of its own, and the invitation taken up
"""
