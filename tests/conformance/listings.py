# SPDX-FileCopyrightText: 2026 The Castellan developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays the listings of XEP-0324: what somebody else than the server says in a listing is sent as published, and
what the server says has to come as published, by the same addresses, and nothing beside it."""

import base64
import contextlib
import copy

import slixmpp

from published import PROVISIONING, SERVER, corrected, differences, name
from stage import Fault, condition, provisioning, show

DEVICE = "device@example.org/device"
PRIMARY = "primary@example.org/amr"
SERVICE = "service@example.org/service"

# The base64 contents of the corrected listings stand for others.
CERTIFICATE = "Q0VSVElGSUNBVEU="
CHALLENGE = "Q0hBTExFTkdF"
RESPONSE = "UkVTUE9OU0U="
# What the server makes up: the listing's value stands for whatever comes.
HANDED_OUT = {("getTokenChallenge", "seqnr"), ("getTokenResponse", "token"), ("canAccessResponse", "userToken")}


@contextlib.contextmanager
def without_habit(client, habit):
    """What it would do by itself comes to the inbox instead."""
    kept = client.habits.pop(habit)
    try:
        yield
    finally:
        client.habits[habit] = kept


class Play:
    """One listing under way: what its placeholders stand for."""

    def __init__(self, stage, values, holder=None):
        self.stage = stage
        self.holder = holder
        self.values = {SERVER: stage.authority, **values}
        if holder:
            self.values[CERTIFICATE] = holder.base64

    def value(self, attribute, text):
        if attribute in ("id", "seqnr"):
            return self.values.get((attribute, text), text)
        if attribute == "jid" and text == SERVER:
            return slixmpp.JID(self.values[SERVER]).bare
        return " ".join(self.values.get(word, word) for word in text.split(" "))

    def filled(self, stanza):
        result = copy.deepcopy(stanza)
        for element in result.iter():
            for attribute, text in element.items():
                element.set(attribute, self.value(attribute, text))
            element.text = self.values.get(element.text, element.text)
            element.tail = None
        return result

    def same(self, element, attribute, theirs, ours):
        if (name(element), attribute) == ("item", "name") and ours is None:
            return True  # the XMPP server's choice (XEP-0030 §3.1)
        if (name(element), attribute) == ("message", "id") and theirs is None:
            return True  # whoever sends may give one (RFC 6120 §8.1.3)
        if theirs is None or ours is None:
            return theirs == ours
        if (name(element), attribute) in HANDED_OUT:
            self.values[(attribute, theirs) if attribute == "seqnr" else theirs] = ours
            return ours != "" and not any(c.isspace() for c in ours)
        if attribute == "id" and element.get("type") in ("get", "set"):
            self.values["id", theirs] = ours
            return ours != ""
        if attribute is None and theirs == CHALLENGE:
            self.values[RESPONSE] = self.holder.solve(ours)
            return len(base64.b64decode(self.values[RESPONSE])) >= 32  # statement 20
        return self.value(attribute, theirs) == ours if attribute else theirs == ours

    async def run(self, stanzas):
        involved = []
        for stanza in stanzas:
            sender, to = stanza.get("from"), stanza.get("to")
            if "@" in sender:
                client = await self.stage.client(sender)
                sent = self.filled(stanza)
                client.say(sent)
                if "@" in to:
                    other = await self.stage.client(to)
                    self.compare(sent, await other.next(), lambda _element, _attribute, a, b: a == b)
            else:
                client = await self.stage.client(to)
                self.compare(stanza, await client.next(), self.same)
            involved.append(client)
        for client in involved:
            await client.settle()
            for more in client.rest():
                raise Fault(f"the listing does not have {show(more)}")

    @staticmethod
    def compare(expected, came, same):
        faults = differences(expected, came, same)
        if faults:
            raise Fault("; ".join(faults) + f" in {show(came)}")


class Listings:
    def __init__(self, stage):
        self.stage = stage
        self.stanzas = corrected()
        self.tokens = None

    async def run(self, number):
        for client in self.stage.clients.values():
            client.rest()
        await getattr(self, f"listing_{number}", lambda: self.play(number))()

    async def play(self, number, values=(), holder=None, stanzas=None):
        # Whoever takes part is there before anything is said: coming takes questions of its own.
        for stanza in self.stanzas[number]:
            for jid in (stanza.get("from"), stanza.get("to")):
                if "@" in jid:
                    await self.stage.client(jid)
        play = Play(self.stage, dict(values), holder)
        await play.run(stanzas or self.stanzas[number])
        return play

    async def with_tokens(self):
        """The tokens that listings presuppose, proved to be used rightfully by everybody who passes them on."""
        if self.tokens:
            return self.tokens
        service = await self.stage.client(SERVICE)
        tokens = {token: await service.token(self.stage.holder(holder)) for token, holder in (
            ("SERVICETOKEN1", "service"), ("SERVICETOKEN2", "second"), ("WITHOUT RIGHTS", "other"))}
        access = await service.answer(provisioning(
            "canAccess", serviceToken=tokens["SERVICETOKEN1"], children=[
                ("ip4", {"value": "10.0.0.1"}), ("longitude", {"value": "123.45"}), ("latitude", {"value": "67.89"})]))
        tokens["USERTOKEN1"] = access.get("userToken")
        service.tell(provisioning("userLoggedIn", serviceToken=tokens["SERVICETOKEN1"],
                                  userToken=tokens["USERTOKEN1"], userName="Kermit"))
        for jid in (DEVICE, "concentrator@example.org/plc", "plc@example.org/plc"):
            client = await self.stage.client(jid)
            for token in ("SERVICETOKEN1", "SERVICETOKEN2", "WITHOUT RIGHTS"):
                client.keys[tokens[token]] = service.keys[tokens[token]]
                await client.answer(provisioning("canRead", jid="primary@example.org", serviceToken=tokens[token]))
        self.tokens = tokens
        return tokens

    async def play_with_tokens(self, number, **others):
        tokens = await self.with_tokens()
        await self.play(number, {**tokens, **{word: tokens[other] for word, other in others.items()}})

    async def listing_4(self):
        await self.play(4, holder=self.stage.holder("device"))

    async def listing_5(self):
        """The challenge of listing 4, answered wrongly."""
        holder = self.stage.holder("device")
        play = await self.play(4, holder=holder, stanzas=self.stanzas[4][:2])
        wrong = copy.deepcopy(self.stanzas[4][2])
        wrong[0].text = base64.b64encode(b"wrong").decode()
        await self.play(5, play.values, holder, [wrong, *self.stanzas[5]])

    async def listing_6(self):
        """A response to a challenge that was never made."""
        unknown = copy.deepcopy(self.stanzas[4][2])
        unknown[0].set("seqnr", "2147483647")
        await self.play(6, stanzas=[unknown, *self.stanzas[6]])

    async def challenged(self):
        """A question of the device with a token that another got: by policy the server wants proof."""
        service = await self.stage.client(SERVICE)
        token = await service.token(self.stage.holder("device"))
        device = await self.stage.client(DEVICE)
        # Without a token the answer would be yes.
        question = provisioning("canRead", children=[("node", {"nodeId": "Device02"})], jid="primary@example.org",
                                deviceToken=token, momentary="true")
        return device, token, question

    async def listing_7(self):
        device, token, question = await self.challenged()
        with without_habit(device, "tokenChallenge"):
            answer = device.begin(question)
            await self.play(7, {"TOKEN": token}, self.stage.holder("device"))
            if next(iter(await answer)).get("result") != "true":
                raise Fault("the token was proved, and the answer is no")

    async def listing_8(self):
        device, token, question = await self.challenged()
        with without_habit(device, "tokenChallenge"):
            answer = device.begin(question)
            challenge = await device.next()
            if challenge.find(f"{{{PROVISIONING}}}tokenChallenge").get("token") != token:
                raise Fault(f"{show(challenge)} is no challenge of the token")
            await self.play(8, {("id", "6"): challenge.get("id")})
            answer = await answer
            if next(iter(answer)).get("result") != "false":
                raise Fault(f"nobody proved the token, and the answer is {show(answer)}")

    async def listing_9(self):
        await self.play_with_tokens(9)

    async def pair(self, state):
        """Makes the device and client2 an explicit pair, or none. The device has asked before (statement 8)."""
        admin = await self.stage.administrator()
        device = await self.stage.client(DEVICE)
        await device.answer(provisioning("isFriend", jid="client2@example.org"))
        text = f"<friendship a='client2@example.org' b='device@example.org' state='{state}'/>" if state else None
        await admin.apply(("friendship", "client2@example.org device@example.org", text))

    async def listing_12(self):
        await self.pair("accepted")
        await (await self.stage.client(DEVICE)).next()  # listing 13
        await self.pair("rejected")
        await self.play(12)
        await self.pair(None)

    async def listing_13(self):
        await self.pair("accepted")
        await self.play(13)
        await self.pair(None)
        await (await self.stage.client(DEVICE)).next()  # listing 12

    async def listing_14(self):
        await self.play_with_tokens(14, SERVICETOKEN1="WITHOUT RIGHTS")

    async def listing_15(self):
        await self.play_with_tokens(15, SERVICETOKEN1="WITHOUT RIGHTS")

    async def listing_16(self):
        await self.play_with_tokens(16)

    async def listing_17(self):
        await self.play_with_tokens(17)

    async def listing_18(self):
        await self.play_with_tokens(18)

    async def listing_19(self):
        await self.play_with_tokens(19)

    async def listing_20(self):
        device = await self.stage.client(DEVICE)
        await device.answer(provisioning("isFriend", jid="client1@example.org"))  # statement 24
        admin = await self.stage.administrator()
        rule = "<access-rule id='more' effect='allow' action='read'><subject kind='everyone'/>" \
               "<target kind='device' value='device@example.org'/><name>More</name></access-rule>"
        with without_habit(device, "clearCache"):
            await admin.apply(("access-rule", "more", rule))
            await self.play(20)
        await admin.apply(("access-rule", "more", None))

    async def listing_21(self):
        await self.play(21, holder=self.stage.holder("device"))

    async def listing_22(self):
        await self.play_with_tokens(22)

    async def listing_23(self):
        await self.play_with_tokens(23)

    async def listing_24(self):
        await self.play_with_tokens(24)

    async def listing_25(self):
        """A question only; listing 26 is its answer."""
        device = await self.stage.client(DEVICE)
        await self.play(25, stanzas=[*self.stanzas[25], *self.stanzas[26]])
        if condition(await device.ask(self.stanzas[25][0][0], to=device.authority)):
            raise Fault("asked again, it does not answer")

    async def listing_26(self):
        await self.play(26, stanzas=[*self.stanzas[25], *self.stanzas[26]])
