#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Castellan developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thing that shares no code with Castellan: slixmpp, driven line by line.

Commands on standard input:
  ask XML      sends XML as an iq-get to the provisioning server
  set XML      the same as an iq-set
  server JID   from now on that one is the provisioning server
  offline      closes the stream
  online       opens it again
  quit
Each answer and each event is one JSON object on standard output:
  {"event": "online", "jid": FULL}      session established
  {"event": "trusted"}                  (--befriend) the provisioning server is a friend, and there
  {"event": "answer", "type": T, "xml": PAYLOAD}
  {"event": "clearCache", "to": FULL, "from": J}
  {"event": "friend" | "unfriend", "jid": J, "from": J}
  {"event": "notice", "xml": PAYLOAD, "from": J}    of the administration interface
  {"event": "offline"}
"""

import argparse
import asyncio
import json
import sys
import xml.etree.ElementTree as ET

import slixmpp
from slixmpp.exceptions import IqError, IqTimeout
from slixmpp.xmlstream import tostring
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

PROVISIONING = "urn:xmpp:iot:provisioning"
ADMINISTRATION = "urn:castellan:admin:0"


def tell(event, **members):
    print(json.dumps({"event": event, **members}), flush=True)


class Thing(slixmpp.ClientXMPP):
    def __init__(self, options, password):
        super().__init__(options.jid, password)
        self.options = options
        self.provisioning = options.server
        # Loopback without TLS; SCRAM keeps the password off the wire all the same.
        self.enable_direct_tls = False
        self.enable_starttls = False
        self.enable_plaintext = True
        self["feature_mechanisms"].unencrypted_scram = True
        self["feature_mechanisms"].unencrypted_digest = True  # all the embedded server has
        self.auto_authorize = True
        self.auto_subscribe = True
        self.register_handler(Callback(
            "clearCache", MatchXPath(f"{{jabber:client}}iq/{{{PROVISIONING}}}clearCache"), self.clear_cache))
        for name in ("friend", "unfriend"):
            self.register_handler(Callback(
                name, MatchXPath(f"{{jabber:client}}message/{{{PROVISIONING}}}{name}"), self.advice))
        self.register_handler(Callback(
            "notice", MatchXPath(f"{{jabber:client}}message/{{{ADMINISTRATION}}}event"), self.notice))
        self.add_event_handler("session_start", self.session_start)
        self.add_event_handler("presence_available", self.presence_came)
        self.add_event_handler("disconnected", lambda _: tell("offline"))

    async def session_start(self, _):
        await self.get_roster()
        self.send_presence()
        if self.options.befriend:
            self.send_presence(pto=self.options.server, ptype="subscribe")
        else:
            self.send_presence(pto=self.options.server)
        tell("online", jid=self.boundjid.full)

    def presence_came(self, presence):
        # An account answers at its full JID only; being friends is how a thing learns it.
        if self.options.befriend and presence["from"].bare == self.options.server:
            self.provisioning = presence["from"].full
            tell("trusted")

    def clear_cache(self, iq):
        tell("clearCache", to=iq["to"].full, **{"from": iq["from"].full})
        if self.options.acknowledge == "never":
            return
        reply = iq.reply()
        if self.options.acknowledge == "element":
            reply.set_payload(ET.Element(f"{{{PROVISIONING}}}clearCacheResponse"))
        reply.send()

    def advice(self, message):
        element = next(c for c in message.xml if c.tag.startswith(f"{{{PROVISIONING}}}"))
        tell(element.tag.partition("}")[2], jid=element.get("jid"), **{"from": message["from"].full})

    def notice(self, message):
        element = next(c for c in message.xml if c.tag.startswith(f"{{{ADMINISTRATION}}}"))
        tell("notice", xml=tostring(element), **{"from": message["from"].full})

    async def ask(self, xml, make_iq):
        iq = make_iq(ito=self.provisioning)
        iq.set_payload(ET.fromstring(xml))
        try:
            answer = await iq.send(timeout=20)
        except IqError as error:
            answer = error.iq
        except IqTimeout:
            tell("answer", type="timeout", xml="")
            return
        payload = next(iter(answer.xml), None)
        tell("answer", type=answer["type"], xml="" if payload is None else tostring(payload))


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jid")
    parser.add_argument("--connect", required=True, help="HOST:PORT")
    parser.add_argument("--server", required=True, help="the provisioning server's JID")
    parser.add_argument("--password-file", required=True)
    parser.add_argument("--befriend", action="store_true", help="the server is an account: get on its roster")
    parser.add_argument("--acknowledge", choices=("element", "empty", "never"), default="element")
    options = parser.parse_args()
    with open(options.password_file, encoding="utf-8") as file:
        password = file.read().strip()
    host, _, port = options.connect.rpartition(":")

    thing = Thing(options, password)
    thing.connect(host, int(port))

    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := (await commands.readline()).decode():
        command, _, argument = line.strip().partition(" ")
        if command == "ask":
            await thing.ask(argument, thing.make_iq_get)
        elif command == "set":
            await thing.ask(argument, thing.make_iq_set)
        elif command == "server":
            thing.provisioning = argument
        elif command == "offline":
            await thing.disconnect()
        elif command == "online":
            thing.connect(host, int(port))
        elif command == "quit":
            break
    await thing.disconnect()


asyncio.run(main())
