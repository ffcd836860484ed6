#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Castellan developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The administration interface, both faces, from the outside: typed iqs as castellan-admin.xsd has them, and ad-hoc
commands with slixmpp's own implementation of XEP-0050."""

import asyncio
import uuid
import xml.etree.ElementTree as ET

from slixmpp.exceptions import IqError

from driver import drive
from stage import ADMIN, PATIENCE, Administrator, Fault, condition, show

CASES = {}

CLIENT_1, DEVICE = "client1@example.org", "device@example.org"


def case(function):
    CASES[function.__name__] = function
    return function


class Person(Administrator):
    """Has a chat client that knows commands."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        for plugin in ("xep_0030", "xep_0004", "xep_0050"):
            self.register_plugin(plugin)

    async def operation(self, tag, kind="get", children=(), **attributes):
        """The result's payload, or the condition of the error."""
        request = ET.Element(f"{{{ADMIN}}}{tag}", {k.replace("_", "-"): v for k, v in attributes.items()})
        request.extend(children)
        iq = await self.ask(request, kind)
        return condition(iq) or next(iter(iq), None)

    async def commands(self):
        items = await self["xep_0050"].get_commands(jid=self.authority)
        return {node.partition("#")[2] for _, node, _ in items["disco_items"]["items"]}

    async def command(self, name, action="execute", session=None, **values):
        """The answer to one step of a command; the condition of the error if there is one."""
        form = None
        if values:
            form = self["xep_0004"].make_form("submit")
            for field, value in values.items():
                form.add_field(var=field, value=value)
        try:
            iq = await self["xep_0050"].send_command(
                self.authority, f"{ADMIN}#{name}", action=action, sessionid=session, payload=form)
        except IqError as error:
            return error.condition
        return iq["command"]

    async def run(self, name, *steps):
        """Begins a command and fills in its forms, one after the other."""
        answer = await self.command(name)
        for number, values in enumerate(steps, 1):
            require(not isinstance(answer, str) and answer["status"] == "executing", f"{name} goes on: {answer}")
            answer = await self.command(
                name, "complete" if number == len(steps) else "next", answer["sessionid"], **values)
        require(not isinstance(answer, str), f"{name} is answered: {answer}")
        return answer


def require(holds, what):
    if not holds:
        raise Fault(what)


def result_of(answer):
    """Title and rows of a completed command. Each row has every column, in the order of the heading."""
    require(answer["status"] == "completed", f"the command is over, not {answer['status']}")
    form = answer["form"]
    require(form["type"] == "result" and form["title"], "the result has a title")
    columns = list(form.get_reported())
    rows = []
    for item in form.xml.findall("{jabber:x:data}item"):
        row = [(field.get("var"), field.findtext("{jabber:x:data}value")) for field in item]
        require([column for column, _ in row] == columns, f"{row} has the columns {columns}")
        rows.append(dict(row))
    return form["title"], rows


async def people(stage):
    """An administrator, and those whom the administrator gives a role."""
    administrator = await stage.client("admin@example.org/console", Person)
    await administrator.apply(*(("role-grant", f"{role}@example.org", f"<role-grant holder='{role}@example.org' "
                                 f"role='{role}'/>") for role in ("support", "auditor")))
    return administrator, await stage.client("support@example.org/chat", Person), await stage.client(
        "auditor@example.org/desk", Person)


def change_set(rule):
    change = ET.Element(f"{{{ADMIN}}}change", {"verb": "put", "type": "access-rule", "id": rule})
    content = ET.SubElement(change, f"{{{ADMIN}}}access-rule", {"id": rule, "action": "read", "effect": "deny"})
    ET.SubElement(content, f"{{{ADMIN}}}subject", {"kind": "jid", "value": "nobody@example.org"})
    ET.SubElement(content, f"{{{ADMIN}}}target", {"kind": "any"})
    return [change]


@case
async def an_auditor_reads_everything(stage):
    _, _, auditor = await people(stage)
    server = await auditor.operation("capabilities")
    require(server.get("role") == "auditor", show(server))
    for request in (("changes", {}), ("list", {"type": "thing"}), ("get", {"type": "thing", "id": DEVICE}),
                    ("deliveries", {}), ("revisions", {}), ("statuses", {}), ("history", {}), ("verify", {})):
        answer = await auditor.operation(request[0], **request[1])
        require(not isinstance(answer, str), f"{request[0]} is answered with {answer}")
    question = ET.Element("{urn:xmpp:iot:provisioning}isFriend", {"jid": CLIENT_1})
    explained = await auditor.operation("explain", children=[question], asker=DEVICE)
    require(explained[0].get("result") == "true" and explained[1].get("by") == "pair", show(explained))
    previewed = await auditor.operation("preview", children=change_set("never"), id=str(uuid.uuid4()))
    require(previewed.get("deliveries") is not None, show(previewed))
    verified = await auditor.operation("verify")
    require(verified.get("first-broken") is None and len(verified.get("head")) == 64, show(verified))


@case
async def an_auditor_changes_nothing(stage):
    administrator, _, auditor = await people(stage)
    before = await administrator.revision()
    for tag, children, attributes in (
            ("apply", change_set("forbidden"), {"id": "1"}), ("confirm", [], {"id": "1"}),
            ("revert", [], {"id": "1"}), ("contain", [], {"jid": DEVICE}), ("release", [], {"jid": DEVICE}),
            ("unfriend", [], {"jid": DEVICE, "peer": CLIENT_1}),
            ("answer", [], {"asker": DEVICE, "jid": CLIENT_1, "accept": "true", "scope": "pair"})):
        answer = await auditor.operation(tag, "set", children, **attributes)
        require(answer == "forbidden", f"{tag} is answered with {answer}")
    require(await administrator.revision() == before, "nothing was committed")
    history = await administrator.operation("history", by="auditor@example.org")
    require({entry.get("operation") for entry in history.iter(f"{{{ADMIN}}}entry")} >= {"apply", "contain"},
            "the attempts are in the audit log")


@case
async def support_contains_and_releases(stage):
    _, support, _ = await people(stage)
    applied = await support.operation("contain", "set", jid=DEVICE, comment="stolen")
    require(not isinstance(applied, str), f"contain is answered with {applied}")
    question = ET.Element("{urn:xmpp:iot:provisioning}isFriend", {"jid": CLIENT_1})
    explained = await support.operation("explain", children=[question], asker=DEVICE)
    require(explained[0].get("result") == "false" and explained[1].get("by") == "containment", show(explained))
    released = await support.operation("release", "set", jid=DEVICE)
    require(not isinstance(released, str), f"release is answered with {released}")
    explained = await support.operation("explain", children=[question], asker=DEVICE)
    require(explained[0].get("result") == "true", show(explained))
    require(await support.operation("apply", "set", change_set("forbidden"), id="2") == "forbidden",
            "support does not edit rules")


@case
async def an_administrator_confirms_and_reverts(stage):
    administrator, _, _ = await people(stage)
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    applied = await administrator.operation("apply", "set", change_set(first), id=first, confirm_within="3600")
    require(applied.get("confirm-by"), show(applied))
    require(await administrator.operation("confirm", "set", id=first) is None, "it is confirmed")
    require(await administrator.operation("confirm", "set", id=first) == "item-not-found", "once is enough")
    await administrator.operation("apply", "set", change_set(second), id=second, confirm_within="3600")
    reverted = await administrator.operation("revert", "set", id=second)
    require(not isinstance(reverted, str), f"revert is answered with {reverted}")
    require(await administrator.version("access-rule", second) == "0", "it is undone")
    require(await administrator.version("access-rule", first) != "0", "what was confirmed stays")
    await administrator.operation("revert", "set", id=first)


@case
async def a_push_that_nobody_confirms_is_undone(stage):
    administrator, _, _ = await people(stage)
    identity = str(uuid.uuid4())
    await administrator.operation("apply", "set", change_set(identity), id=identity, confirm_within="1")
    async with asyncio.timeout(PATIENCE):
        while await administrator.version("access-rule", identity) != "0":
            await asyncio.sleep(0.05)
    revisions = await administrator.operation("revisions")
    last = revisions.findall(f"{{{ADMIN}}}revision")[-1]
    require(last.get("reverts") == identity and last.get("title").startswith("Reverted: not confirmed"), show(last))


@case
async def commands_are_for_those_with_a_role(stage):
    _, support, auditor = await people(stage)
    reading = {"find", "friends", "explain", "deliveries"}
    require(await auditor.commands() == reading, "an auditor reads")
    require(await support.commands() == reading | {"unfriend", "contain", "release"}, "support acts")
    stranger = await stage.client("client2@example.org/chat", Person)
    require(await stranger.commands() == set(), "others see no command")
    require(await stranger.command("contain") == "forbidden", "nor may they run one")
    require(await auditor.command("contain") == "forbidden", "an auditor contains nobody")


@case
async def support_works_from_a_chat_client(stage):
    _, support, _ = await people(stage)
    _, rows = result_of(await support.run("find", {"search": "client"}))
    require({row["jid"] for row in rows} >= {CLIENT_1}, f"a device is found in {rows}")
    _, rows = result_of(await support.run("friends", {"jid": DEVICE}))
    require([row["jid"] for row in rows] == [CLIENT_1], f"its friend is in {rows}")
    text = await support.run("friends", {"jid": DEVICE, "layout": "text"})
    require(CLIENT_1 in text.xml.findtext("{http://jabber.org/protocol/commands}note"), "also without a table")
    answer = await support.run("contain", {"jid": DEVICE}, {"hours": "1", "comment": "stolen"})
    require(DEVICE in result_of(answer)[0], "it is contained")
    _, rows = result_of(await support.run("explain", {"asker": DEVICE, "question": "friend", "jid": CLIENT_1}))
    require(rows[0]["granted"] == "no" and "contained" in rows[0]["decider"], f"why is in {rows}")
    result_of(await support.run("release", {"jid": DEVICE}))
    _, rows = result_of(await support.run("explain", {"asker": DEVICE, "question": "friend", "jid": CLIENT_1}))
    require(rows[0]["granted"] == "yes", f"it is as before in {rows}")


@case
async def a_command_goes_back_and_is_cancelled(stage):
    _, support, _ = await people(stage)
    begun = await support.command("contain")
    session = begun["sessionid"]
    asked = await support.command("contain", "next", session, jid=DEVICE)
    require("prev" in asked["actions"], "one can go back")
    back = await support.command("contain", "prev", session)
    require(back["form"].get_values()["jid"] == DEVICE, "what was filled in is still there")
    over = await support.command("contain", "cancel", session)
    require(over["status"] == "canceled", "it is cancelled")
    require(await support.command("contain", "next", session, jid=DEVICE) == "bad-request", "and over")


async def run(stage, line):
    await CASES[line](stage)


drive(__doc__, run, lambda: CASES)
