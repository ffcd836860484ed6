# SPDX-FileCopyrightText: 2026 The Castellan developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use cases of XEP-0324 that its text describes and no listing shows. Names carry the number of the statement of
the decision semantics where there is one."""

import asyncio

from published import PROVISIONING, name
from stage import ADMIN, Fault, condition, provisioning, show

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def names():
    return list(CASES)


async def run(stage, which):
    for client in stage.clients.values():
        client.rest()
    await CASES[which](stage)


def expect(holds, what):
    if not holds:
        raise Fault(what)


@case
async def s01_resources_are_ignored(stage):
    """3.2.1, note 2."""
    device = await stage.client("device@example.org/device")
    answer = await device.answer(provisioning("isFriend", jid="Client1@EXAMPLE.org/somewhere"))
    expect(answer.get("result") == "true", show(answer))
    expect(answer.get("jid") == "client1@example.org", show(answer))
