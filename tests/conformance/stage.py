# SPDX-FileCopyrightText: 2026 The Castellan developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Those who take part, written with slixmpp and sharing no code with Castellan: things, services, users and an
administrator, each a client of the XMPP server with a resource of its own."""

import asyncio
import base64
import copy
import hashlib
import itertools
import pathlib
import re
import uuid
import xml.etree.ElementTree as ET

import slixmpp
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding
from slixmpp.xmlstream import tostring

from published import CLIENT, PROVISIONING, STANZAS, name, namespace

ADMIN = "urn:castellan:admin:0"
PING = "urn:xmpp:ping"
PATIENCE = 15  # seconds, for what comes within milliseconds


class Fault(Exception):
    """Something that is not as it should be."""


def element(text):
    return ET.fromstring(text)


def provisioning(tag, text="", children=(), **attributes):
    """An element of the XEP; attributes that are None are left out. A child is a tag and its attributes."""
    result = ET.Element(f"{{{PROVISIONING}}}{tag}", {k: v for k, v in attributes.items() if v is not None})
    result.text = text
    for child, values in children:
        ET.SubElement(result, f"{{{PROVISIONING}}}{child}", values)
    return result


def show(xml):
    """For people: long contents are cut."""
    return re.sub(r"[\w+/=]{80,}", "…", tostring(xml, xmlns=CLIENT))


def condition(iq):
    """That of a stanza error; None for anything else."""
    error = iq.find(f"{{{CLIENT}}}error")
    if iq.get("type") != "error" or error is None:
        return None
    return next((name(c) for c in error if namespace(c) == STANZAS and name(c) != "text"), None)


class Holder:
    """A certificate and its private key, from FOLDER/NAME.pem."""

    def __init__(self, folder, holder):
        pem = (pathlib.Path(folder) / f"{holder}.pem").read_bytes()
        self.key = serialization.load_pem_private_key(pem, None)
        self.der = x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)

    @property
    def thumbprint(self):
        return hashlib.sha256(self.der).hexdigest()

    @property
    def base64(self):
        return base64.b64encode(self.der).decode()

    def solve(self, challenge):
        """Base64 in and out (XEP-0324 3.1.3.1)."""
        return base64.b64encode(self.key.decrypt(base64.b64decode(challenge), padding.PKCS1v15())).decode()


class Client(slixmpp.ClientXMPP):
    """One participant. What comes and is not an answer to ask() goes to a habit or, in order, to the inbox."""

    numbers = itertools.count(1)

    def __init__(self, jid, password, server, befriend=False):
        super().__init__(jid, password)
        self.authority = server
        self.befriend = befriend
        # Loopback without TLS; SCRAM keeps the password off the wire all the same.
        self.enable_direct_tls = False
        self.enable_starttls = False
        self.enable_plaintext = True
        self["feature_mechanisms"].unencrypted_scram = True
        self["feature_mechanisms"].unencrypted_digest = True  # all the embedded server has
        self.auto_authorize = True
        self.auto_subscribe = True
        self.inbox = asyncio.Queue()
        self.sent = set()  # ids
        self.answers = {}  # id -> future
        self.keys = {}  # token -> Holder
        # Name of a payload -> what is done about it at once.
        self.habits = {"clearCache": self.acknowledge, "tokenChallenge": self.solve}
        self.cleared = 0
        self.ready = asyncio.get_running_loop().create_future()
        self.add_filter("in", self.incoming)
        self.add_event_handler("session_start", self.session_start)
        self.add_event_handler("presence_available", self.presence_came)

    async def come(self, address):
        host, _, port = address.rpartition(":")
        self.connect(host, int(port))
        try:
            await asyncio.wait_for(asyncio.shield(self.ready), PATIENCE)
        except asyncio.TimeoutError as error:
            raise Fault(f"{self.requested_jid} cannot log in, or the server is not its friend") from error
        return self

    async def session_start(self, _):
        await self.get_roster()
        self.send_presence()
        if self.befriend:
            self.send_presence(pto=slixmpp.JID(self.authority).bare, ptype="subscribe")
        else:
            self.send_presence(pto=self.authority)
            self.there()

    def there(self):
        if not self.ready.done():
            self.ready.set_result(None)

    def presence_came(self, presence):
        # An account answers at its full JID only; being friends is how a thing learns it.
        if self.befriend and presence["from"].bare == slixmpp.JID(self.authority).bare:
            self.authority = presence["from"].full
            self.there()

    def incoming(self, stanza):
        xml = stanza.xml
        if name(xml) not in ("iq", "message"):
            return stanza
        payload = next((child for child in xml if namespace(child) != CLIENT), None)
        if xml.get("type") in ("result", "error") and name(xml) == "iq":
            answer = self.answers.pop(xml.get("id"), None)
            if answer:
                answer.set_result(xml)
            elif xml.get("id") in self.sent:
                self.inbox.put_nowait(xml)
            else:
                return stanza  # slixmpp's own
            return None
        if payload is None or namespace(payload) in ("jabber:iq:roster", PING, ADMIN):
            return stanza
        habit = self.habits.get(name(payload)) if namespace(payload) == PROVISIONING else None
        if habit:
            habit(xml, payload)
        else:
            self.inbox.put_nowait(xml)
        return None

    def acknowledge(self, iq, _):
        self.cleared += 1
        self.reply(iq, provisioning("clearCacheResponse"))

    def solve(self, iq, payload):
        holder = self.keys.get(payload.get("token"))
        if holder:
            self.reply(iq, provisioning("tokenChallengeResponse", holder.solve(payload.text)))
        else:
            self.refuse(iq)

    def reply(self, iq, payload=None):
        answer = ET.Element(f"{{{CLIENT}}}iq", {"type": "result", "to": iq.get("from"), "id": iq.get("id")})
        if payload is not None:
            answer.append(payload)
        self.say(answer)

    def refuse(self, iq, reason="forbidden"):
        answer = ET.Element(f"{{{CLIENT}}}iq", {"type": "error", "to": iq.get("from"), "id": iq.get("id")})
        ET.SubElement(ET.SubElement(answer, f"{{{CLIENT}}}error", {"type": "cancel"}), f"{{{STANZAS}}}{reason}")
        self.say(answer)

    def say(self, stanza):
        if name(stanza) == "iq" and stanza.get("id"):
            self.sent.add(stanza.get("id"))
        self.send_raw(tostring(stanza, xmlns=CLIENT))

    def begin(self, payload, kind="get", to=None):
        """Sends a request; the future holds the whole iq that answers it."""
        number = f"ask-{next(self.numbers)}"
        iq = ET.Element(f"{{{CLIENT}}}iq", {"type": kind, "to": to or self.authority, "id": number})
        iq.append(copy.deepcopy(payload))
        self.answers[number] = asyncio.get_running_loop().create_future()
        self.send_raw(tostring(iq, xmlns=CLIENT))
        return self.answers[number]

    async def ask(self, payload, kind="get", to=None):
        try:
            return await asyncio.wait_for(self.begin(payload, kind, to), PATIENCE)
        except asyncio.TimeoutError as error:
            raise Fault(f"no answer to {show(payload)} of {self.boundjid}") from error

    async def answer(self, payload, kind="get"):
        """The payload of the result. A stanza error is a Fault."""
        iq = await self.ask(payload, kind)
        if iq.get("type") != "result":
            raise Fault(f"{show(payload)} of {self.boundjid} was answered {show(iq)}")
        return next(iter(iq), None)

    def tell(self, payload):
        message = ET.Element(f"{{{CLIENT}}}message", {"to": self.authority})
        message.append(payload)
        self.say(message)

    async def next(self):
        try:
            return await asyncio.wait_for(self.inbox.get(), PATIENCE)
        except asyncio.TimeoutError as error:
            raise Fault(f"nothing came to {self.boundjid}") from error

    async def settle(self):
        """What the server sent before now has come."""
        await self.ask(ET.Element(f"{{{PING}}}ping"))

    def rest(self):
        """Takes what is in the inbox."""
        return [self.inbox.get_nowait() for _ in range(self.inbox.qsize())]

    async def token(self, holder):
        """A token for a certificate (XEP-0324 3.1.3.1)."""
        challenge = await self.answer(provisioning("getToken", holder.base64))
        response = await self.answer(provisioning(
            "getTokenChallengeResponse", holder.solve(challenge.text), seqnr=challenge.get("seqnr")))
        self.keys[response.get("token")] = holder
        return response.get("token")


class Administrator(Client):
    """Speaks Castellan's own interface (castellan-admin.xsd), to bring the network into the state of a listing."""

    async def version(self, kind, identity):
        iq = await self.ask(ET.Element(f"{{{ADMIN}}}get", {"type": kind, "id": identity}))
        return "0" if condition(iq) == "item-not-found" else iq.find(f".//{{{ADMIN}}}item").get("version")

    async def apply(self, *changes):
        """Each change: type, id, and the object as text without a namespace, or None to remove it. Returns the
        number of messages it owes to things."""
        request = ET.Element(f"{{{ADMIN}}}apply", {"id": str(uuid.uuid4()), "title": "Conformance"})
        for kind, identity, text in changes:
            base = await self.version(kind, identity)
            if text is None and base == "0":
                continue
            change = ET.SubElement(request, f"{{{ADMIN}}}change", {
                "verb": "remove" if text is None else "put", "type": kind, "id": identity, "base": base})
            if text is not None:
                head, _, tail = text.partition(" ")
                change.append(element(f"{head} xmlns='{ADMIN}' {tail}"))
        if not len(request):
            return 0
        applied = await self.answer(request, "set")
        return int(applied.get("deliveries"))

    async def revision(self):
        server = await self.answer(ET.Element(f"{{{ADMIN}}}capabilities"))
        return int(server.get("revision"))


class Stage:
    """All of them, at one server."""

    def __init__(self, options):
        self.options = options
        self.clients = {}

    async def client(self, full, kind=Client):
        if full not in self.clients:
            self.clients[full] = await kind(
                full, self.options.password, self.options.server, self.options.befriend
            ).come(self.options.connect)
        return self.clients[full]

    async def leave(self, full):
        client = self.clients.pop(full)
        gone = asyncio.get_running_loop().create_future()
        client.add_event_handler("disconnected", lambda _: gone.done() or gone.set_result(None))
        await client.disconnect()
        await asyncio.wait_for(gone, PATIENCE)

    @property
    def authority(self):
        """Where questions go."""
        return next((client.authority for client in self.clients.values()), self.options.server)

    async def administrator(self):
        return await self.client("admin@example.org/console", Administrator)

    def holder(self, who):
        return Holder(self.options.folder, who)

    async def bow(self):
        await asyncio.gather(*(client.disconnect() for client in self.clients.values()))
