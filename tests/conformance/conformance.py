#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Castellan developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds a running provisioning server to XEP-0324, as clients that were written from the XEP alone.

Reads one command per line on standard input: "listing NUMBER" or "case NAME". Answers each with one line of
JSON: {"event": "done", "ok": BOOLEAN, "text": WHAT IS WRONG}.
"""

import argparse
import asyncio
import datetime
import json
import pathlib
import sys
import traceback

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import cases
from listings import Listings
from published import HERE
from stage import Fault, Holder, Stage

HOLDERS = ("service", "second", "other", "device")


def make_certificate(folder, holder):
    key = rsa.generate_private_key(65537, 2048)
    common_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"{holder}.example.org")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (x509.CertificateBuilder().subject_name(common_name).issuer_name(common_name)
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now - datetime.timedelta(days=1))
                   .not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256()))
    path = pathlib.Path(folder) / f"{holder}.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def prepare(folder):
    """Certificates, and the network in which every listing's answer is right."""
    network = (HERE / "network.json").read_text(encoding="utf-8")
    for holder in HOLDERS:
        make_certificate(folder, holder)
        network = network.replace(f"thumbprint of {holder}", Holder(folder, holder).thumbprint)
    (pathlib.Path(folder) / "network.json").write_text(network, encoding="utf-8")


async def serve(options):
    stage = Stage(options)
    listings = Listings(stage)
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := (await commands.readline()).decode():
        command, _, argument = line.strip().partition(" ")
        fault = ""
        try:
            await (listings.run(int(argument)) if command == "listing" else cases.run(stage, argument))
        except Fault as wrong:
            fault = str(wrong)
        except Exception:  # a mistake of ours, or something nobody thought of
            fault = traceback.format_exc()
        print(json.dumps({"event": "done", "ok": not fault, "text": fault}), flush=True)
    await stage.bow()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", help="of certificates and the prepared network")
    parser.add_argument("--prepare", action="store_true", help="fill the folder and exit")
    parser.add_argument("--list", action="store_true", help="print the names of the cases and exit")
    parser.add_argument("--connect", help="HOST:PORT of the XMPP server")
    parser.add_argument("--server", help="the provisioning server's JID")
    parser.add_argument("--password", help="of every account")
    parser.add_argument("--befriend", action="store_true", help="the server is an account: get on its roster")
    options = parser.parse_args()
    if options.list:
        print("\n".join(cases.names()))
    elif options.prepare:
        prepare(options.folder)
    else:
        asyncio.run(serve(options))


main()
