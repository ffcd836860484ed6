#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Castellan developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds a running provisioning server to XEP-0324, as clients that were written from the XEP alone."""

import cases
from driver import drive
from listings import Listings

players = {}


async def run(stage, line):
    """A listing's number, or the name of a case."""
    if line.isdecimal():
        await players.setdefault(stage, Listings(stage)).run(int(line))
    else:
        await cases.run(stage, line)


drive(__doc__, run, cases.names)
