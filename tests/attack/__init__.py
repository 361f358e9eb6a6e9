"""Attacks on the running product, and figures of what they did to it: ``make attack``.

Each part is a file with two names: ``AIMS``, what it measures with the most that is aimed at, and
``run``, which gives figures one by one. A part runs in a process of its own, with a store, a cache
and processes of its own; nothing listens or asks beyond loopback. See docs/contributing/attack.md.
"""
