"""The demo: a region that fills itself and shows its main job, step by step, each one checked.

texts.py      what people write, in plain Dutch
people.py     invented people of one real municipality, as the three files of an import
steps.py      a step on the screen: what was expected, what came
api.py        the region's HTTP API as the demo's people use it
cast.py       who plays, with keys and ids known before the region starts
story.py      the main job, from a new member to hours booked, and what is refused
sandbox.py    what a social team copies to try its own system against the region
show.py       the whole: folder, mailbox, region, import, story, check
"""
