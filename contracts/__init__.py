"""The public contracts: what services and regions say to each other.

Only pydantic and the standard library. Every module named after a service lists the
events it emits, the commands it takes and the queries it answers.
"""
