#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Castellan developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that means harm. Meanwhile a device goes on asking and has to be answered, and afterwards the network
has to be what it was.

Speaks as conformance.py does; the commands are "case NAME".
"""

import asyncio
import base64
import datetime
import xml.etree.ElementTree as ET

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from driver import drive
from listings import DEVICE
from published import PROVISIONING
from stage import ADMIN, PATIENCE, Client, Fault, condition, element, provisioning, show

INTRUDER = "client2@example.org/intruder"
LONG = 200_000  # characters: less than what XMPP servers commonly let through

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def names():
    return list(CASES)


class Bystander:
    """Asks all the time while somebody else attacks."""

    def __init__(self, client):
        self.client = client
        self.answers = 0

    async def ask(self):
        while True:
            answer = await self.client.answer(provisioning("isFriend", jid="client1@example.org"))
            if answer.get("result") != "true":
                raise Fault(f"the device was told {show(answer)}")
            self.answers += 1
            await asyncio.sleep(0.05)

    async def __aenter__(self):
        self.task = asyncio.create_task(self.ask())
        return self

    async def __aexit__(self, *_):
        before = self.answers
        async with asyncio.timeout(PATIENCE):
            while self.answers <= before and not self.task.done():
                await asyncio.sleep(0.02)
        if self.task.done():
            await self.task  # raises
        self.task.cancel()


async def run(stage, which):
    admin = await stage.administrator()
    device = await stage.client(DEVICE)
    await device.answer(provisioning("isFriend", jid="client1@example.org"))
    before = await admin.revision()
    async with Bystander(device):
        await CASES[which](stage)
    if await admin.revision() != before:
        raise Fault("the network was changed")


class Intruder:
    """Sends anything as text. Comes back when the XMPP server throws it out."""

    def __init__(self, stage, jid=INTRUDER):
        self.stage = stage
        self.jid = jid

    async def __aenter__(self):
        self.client = await self.stage.client(self.jid)
        # The first question waits for the store, and a later one may be answered before it.
        await self.client.ask(provisioning("isFriend", jid="device@example.org"))
        return self

    async def __aexit__(self, *_):
        if self.client.is_connected():
            await self.stage.leave(self.jid)
        else:
            self.stage.clients.pop(self.jid, None)

    async def attempt(self, text, number=""):
        """The iq that answers, None when nothing came, "closed" when the XMPP server ended the stream. In the
        text, TO is the server's address."""
        client = self.client
        client.rest()
        client.sent.add(number)
        gone = asyncio.get_running_loop().create_future()
        client.add_event_handler("disconnected", lambda _: gone.done() or gone.set_result(None), disposable=True)
        # Since 2.6 expat, which Prosody reads with, leaves a long tag alone until as much again has come.
        client.send_raw(text.replace("TO", client.authority) + " " * min(2 * len(text), 2 * LONG))
        barrier = asyncio.ensure_future(client.settle())
        done, _ = await asyncio.wait((barrier, gone), timeout=60, return_when=asyncio.FIRST_COMPLETED)
        if gone in done:
            barrier.cancel()
            self.stage.clients.pop(self.jid)
            self.client = await self.stage.client(self.jid)
            return "closed"
        await barrier
        answers = client.rest()
        if len(answers) > 1:
            raise Fault(f"{len(answers)} answers to {text[:200]}")
        return answers[0] if answers else None

    async def refused(self, text, number=""):
        answer = await self.attempt(text, number)
        if isinstance(answer, ET.Element) and not (answer.get("type") == "error" and condition(answer)):
            raise Fault(f"{text[:300]} was answered {show(answer)[:600]}")

    async def ask(self, payload, kind="get"):
        number = f"hostile-{next(Client.numbers)}"
        await self.refused(f"<iq to='TO' type='{kind}' id='{number}'>{payload}</iq>", number)


def ours(text):
    """Declares the namespace of the XEP."""
    head, _, tail = text.partition(" ")
    return f"{head} xmlns='{PROVISIONING}' {tail}"


@case
async def s26_wrongTypes(stage):
    async with Intruder(stage) as intruder:
        for payload in ("<isFriend jid='device@example.org' />", "<canRead jid='device@example.org' />",
                        "<canControl jid='device@example.org' />", "<clearCache />", "<getToken >QUJD</getToken>",
                        "<hasPrivilege serviceToken='x' userToken='y' privilegeId='z' />",
                        "<downloadPrivileges serviceToken='x' userToken='y' />",
                        "<canAccess serviceToken='x' />"):
            await intruder.ask(ours(payload), "set")
        for payload in ("<isFriendResponse jid='device@example.org' result='true' />", "<unfriend jid='a@example.org' />",
                        "<friend jid='a@example.org' />", "<clearCache />", "<clearCacheResponse />",
                        "<canReadResponse jid='device@example.org' result='true' />",
                        "<canAccessResponse result='true' userToken='t' />", "<getTokenResponse token='t' />",
                        "<tokenChallenge token='t'>QUJD</tokenChallenge>",
                        "<userLoggedIn serviceToken='x' userToken='y' userName='Kermit' />"):
            await intruder.ask(ours(payload))


@case
async def s26_malformedPayloads(stage):
    async with Intruder(stage) as intruder:
        for payload in ("<isFriend />", "<isFriend jid='' />", "<isFriend jid='@' />", "<isFriend jid='a@@b' />",
                        "<isFriend jid='a b@example.org' />", "<isFriend jid='device@example.org'><x/></isFriend>",
                        "<canRead jid='device@example.org' momentary='maybe' />",
                        "<canRead jid='device@example.org' ><node/></canRead>",
                        "<canRead jid='device@example.org' ><field/></canRead>",
                        "<canRead jid='device@example.org' ><parameter name='x'/></canRead>",
                        "<canControl jid='device@example.org' ><field name='x'/></canControl>",
                        "<getTokenChallengeResponse seqnr='one'>QUJD</getTokenChallengeResponse>",
                        "<getTokenChallengeResponse seqnr='99999999999999999999'>QUJD</getTokenChallengeResponse>",
                        "<getTokenChallengeResponse >QUJD</getTokenChallengeResponse>",
                        "<getToken >not base64!</getToken>", "<getToken />", "<canAccess />",
                        "<canAccess serviceToken='x' ><latitude value='north'/></canAccess>",
                        "<canAccess serviceToken='x' ><latitude value='NaN'/><longitude value='INF'/></canAccess>",
                        "<hasPrivilege serviceToken='x' userToken='y' privilegeId='..' />",
                        "<hasPrivilege serviceToken='x' userToken='y' privilegeId=' a.b' />", "<isfriend jid='a@b' />",
                        "<nothing />"):
            await intruder.ask(ours(payload))
        await intruder.ask(ours("<isFriend jid='device@example.org' />") * 2)
        await intruder.refused("<iq to='TO' type='get' id='none'/>", "none")
        await intruder.refused(f"<iq to='TO' type='banana' id='type'>{ours('<isFriend jid="a@example.org" />')}</iq>", "type")
        await intruder.refused(f"<iq to='TO' type='get'>{ours('<isFriend />')}</iq>")


@case
async def s26_giantAttributes(stage):
    async with Intruder(stage) as intruder:
        await intruder.ask(ours(f"<isFriend jid='{'a' * LONG}@example.org' />"))
        await intruder.ask(ours(f"<isFriend jid='device@example.org' x='{'a' * LONG}' />"))
        await intruder.ask(ours(f"<getToken >{'A' * LONG}</getToken>"))
        await intruder.ask(ours(f"<hasPrivilege serviceToken='x' userToken='y' privilegeId='{'a.' * (LONG // 2)}a' />"))
        for attribute in ("nodeId", "sourceId", "cacheType"):
            node = f"<node nodeId='a' {attribute}='{'a' * LONG}'/>".replace("nodeId='a' nodeId", "nodeId")
            await intruder.attempt(
                f"<iq to='TO' type='get' id='g'>{ours(f'<canRead jid="device@example.org" >{node}</canRead>')}</iq>", "g")
        await intruder.attempt("<iq to='TO' type='get' id='g'>" + ours(
            f"<canRead jid='device@example.org' serviceToken='{'a ' * (LONG // 2)}' />") + "</iq>", "g")


@case
async def s26_manyAttributes(stage):
    async with Intruder(stage) as intruder:
        await intruder.ask(ours("<isFriend jid='device@example.org' " + " ".join(f"a{i}='x'" for i in range(10_000)) + " />"))


@case
async def s26_deepNesting(stage):
    async with Intruder(stage) as intruder:
        for depth in (100, 10_000, 60_000):
            await intruder.ask(ours("<canRead jid='device@example.org' >" + "<a>" * depth + "</a>" * depth + "</canRead>"))


@case
async def s26_aMillionNodes(stage):
    async with Intruder(stage) as intruder:
        await intruder.ask(ours("<canRead jid='device@example.org' >" + "<node nodeId='n'/>" * 1_000_000 + "</canRead>"))


@case
async def s26_manyTokensAndNodes(stage):
    """Each within its limit, all at once."""
    async with Intruder(stage) as intruder:
        nodes = "".join(f"<node nodeId='n{i}'/>" for i in range(3_000))
        fields = "".join(f"<field name='f{i}'/>" for i in range(3_000))
        await intruder.attempt("<iq to='TO' type='get' id='m'>" + ours(
            f"<canRead jid='device@example.org' serviceToken='{' '.join('abcdef')}' userToken='{' '.join('abcdef')}' "
            f"deviceToken='{' '.join('abcdef')}' >{nodes}{fields}</canRead>") + "</iq>", "m")


def certificate(key, signed_by, days, padding=0):
    """In base64; valid from now - 2 days for as long as days say."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hostile.example.org")])
    begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=2)
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key)
               .serial_number(x509.random_serial_number()).not_valid_before(begin)
               .not_valid_after(begin + datetime.timedelta(days=days)))
    if padding:
        extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"x" * padding)
        builder = builder.add_extension(extension, False)
    return base64.b64encode(builder.sign(signed_by, hashes.SHA256()).public_bytes(serialization.Encoding.DER)).decode()


@case
async def s20_certificates(stage):
    """None of them becomes a token: expired, of elliptic curves, with a modulus of 16 kbit, longer than a
    certificate is, cut, followed by more, or nothing of the kind."""
    rsa_key, ec_key = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
    good = certificate(rsa_key.public_key(), rsa_key, 4)
    der = base64.b64decode(good)
    huge = rsa.RSAPublicNumbers(65537, (1 << 16383) + 12345).public_key()
    async with Intruder(stage) as intruder:
        for text in (certificate(rsa_key.public_key(), rsa_key, 1), certificate(ec_key.public_key(), ec_key, 4),
                     certificate(rsa_key.public_key(), rsa_key, 4, 100_000), base64.b64encode(der[:-20]).decode(),
                     base64.b64encode(der + der).decode(), base64.b64encode(b"\x30\x82\xff\xff" * 100).decode(),
                     base64.b64encode(b"garbage").decode()):
            await intruder.ask(ours(f"<getToken >{text}</getToken>"))
        # Self-signed is what the XEP's things have; an odd modulus is for the challenge to find out. Either
        # is an answer.
        for text in (good, certificate(huge, rsa_key, 4)):
            await intruder.attempt(f"<iq to='TO' type='get' id='c'>{ours(f'<getToken >{text}</getToken>')}</iq>", "c")


@case
async def s20_replayedChallenges(stage):
    """A number is good once, and only for the one who got it."""
    holder = stage.holder("device")
    async with Intruder(stage) as intruder:
        client, other = intruder.client, await stage.client(DEVICE)
        challenge = await client.answer(provisioning("getToken", holder.base64))
        response = provisioning("getTokenChallengeResponse", holder.solve(challenge.text), seqnr=challenge.get("seqnr"))
        stolen = await other.ask(response)
        if condition(stolen) != "item-not-found":
            raise Fault(f"the challenge of another was answered {show(stolen)}")
        wrong = provisioning("getTokenChallengeResponse", base64.b64encode(b"wrong").decode(), seqnr=challenge.get("seqnr"))
        if condition(answer := await client.ask(wrong)) != "bad-request":
            raise Fault(f"a wrong response was answered {show(answer)}")
        if condition(answer := await client.ask(response)) != "item-not-found":
            raise Fault(f"a number that was used was answered {show(answer)}")


@case
async def s03_tokensOfNobody(stage):
    async with Intruder(stage) as intruder:
        token = "A" * 43
        for payload in (f"<hasPrivilege serviceToken='{token}' userToken='{token}' privilegeId='Sensors.View' />",
                        f"<downloadPrivileges serviceToken='{token}' userToken='{token}' />",
                        f"<canAccess serviceToken='{token}' ><ip4 value='10.0.0.1'/></canAccess>",
                        f"<canRead jid='primary@example.org' serviceToken='{token}' userToken='{token}' />"):
            answer = await intruder.client.answer(element(ours(payload)))
            if answer.get("result", "false") != "false" or len(answer):
                raise Fault(f"{payload} was answered {show(answer)}")


@case
async def s26_aFlood(stage):
    """More than one sender may ask, at once. Its allowance is spent for a while."""
    async with Intruder(stage, "plc@example.org/intruder") as intruder:
        client = intruder.client
        futures = [client.begin(provisioning("isFriend", jid="device@example.org")) for _ in range(2_000)]
        answers = await asyncio.wait_for(asyncio.gather(*futures), 60)
        refused = [condition(answer) for answer in answers if answer.get("type") == "error"]
        if not refused or set(refused) != {"resource-constraint"}:
            raise Fault(f"a flood was answered {set(refused)}")


@case
async def spoofedSenders(stage):
    """The XMPP server stops them, or marks them as what they are."""
    change = (f"<apply xmlns='{ADMIN}' id='spoofed' title='x'><change verb='put' type='policy' id='policy' base='0'>"
              "<policy unknown-friends='ask'/></change></apply>")
    async with Intruder(stage) as intruder:
        for spoofed in ("admin@example.org/console", "admin@example.org", "device@example.org/device", "example.org",
                        "elsewhere.example", "admin@elsewhere.example"):
            await intruder.refused(f"<iq from='{spoofed}' to='TO' type='set' id='spoofed'>{change}</iq>", "spoofed")


@case
async def administratingIsForbidden(stage):
    async with Intruder(stage) as intruder:
        for payload, kind in ((f"<apply xmlns='{ADMIN}' id='x' title='x'><change verb='remove' type='thing' "
                               "id='device@example.org' base='1'/></apply>", "set"),
                              (f"<changes xmlns='{ADMIN}' since='0'/>", "get"),
                              (f"<subscribe xmlns='{ADMIN}'/>", "set")):
            number = f"hostile-{next(Client.numbers)}"
            answer = await intruder.attempt(f"<iq to='TO' type='{kind}' id='{number}'>{payload}</iq>", number)
            if condition(answer) != "forbidden":
                raise Fault(f"{payload} was answered {show(answer)}")


@case
async def messagesAndPresence(stage):
    async with Intruder(stage) as intruder:
        for body in (ours("<userLoggedIn serviceToken='x' userToken='y' userName='Kermit' />"), ours("<clearCache />"),
                     ours("<friend jid='device@example.org' />"), ours("<nothing />"), "<body>hello</body>", ""):
            await intruder.attempt(f"<message to='TO'>{body}</message>")
            await intruder.attempt(f"<message to='TO' type='error'>{body}</message>")
        for kind in ("subscribe", "probe", "unavailable", "unsubscribed", "error", "banana"):
            await intruder.attempt(f"<presence to='TO' type='{kind}'/>")


async def raw(stage, *pieces):
    """Bytes at the XMPP server's door, without logging in. Waits until it closes or everything is read."""
    host, _, port = stage.options.connect.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(1):
            while await reader.read(65536):
                pass
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()


STREAM = (b"<?xml version='1.0'?><stream:stream to='example.org' version='1.0' xmlns='jabber:client' "
          b"xmlns:stream='http://etherx.jabber.org/streams'>")


@case
async def garbageAtTheDoor(stage):
    await asyncio.gather(*(raw(stage, piece) for piece in (
        b"\0" * 1000, b"GET / HTTP/1.1\r\n\r\n", b"\xff\xfe<", STREAM + b"<a>\xc3\x28</a>",
        STREAM + b"<iq type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
        STREAM + b"<iq from='admin@example.org/x' to='example.org' type='get' id='x'><isFriend xmlns="
        b"'urn:xmpp:iot:provisioning' jid='a@example.org'/></iq>")))


@case
async def entitiesAtTheDoor(stage):
    entities = b"".join(b"<!ENTITY e%d '%s'>" % (i, b"&e%d;" % (i - 1) * 10) for i in range(1, 12))
    await raw(stage, b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e0 'ha'>" + entities + b"]>", STREAM[21:], b"<a>&e11;</a>")


@case
async def megabytesAtTheDoor(stage):
    """Without a single tag's end, from one who never logged in."""
    await raw(stage, STREAM, b"<a b='", *([b"a" * 65_536] * 400))


if __name__ == "__main__":
    drive(__doc__, run, names)
