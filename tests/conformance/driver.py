# SPDX-FileCopyrightText: 2026 The Castellan developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the C++ tests talk with the programs of this folder: a line on standard input for each thing to do, a line of
JSON, {"ok": BOOLEAN, "text": WHAT IS WRONG}, for each thing done."""

import argparse
import asyncio
import json
import sys
import traceback

from stage import Fault, Stage


async def serve(options, run):
    stage = Stage(options)
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := (await commands.readline()).decode():
        fault = ""
        try:
            await run(stage, line.strip())
        except Fault as wrong:
            fault = str(wrong)
        except Exception:  # a mistake of ours, or something nobody thought of
            fault = traceback.format_exc()
        print(json.dumps({"ok": not fault, "text": fault}), flush=True)
    await stage.bow()


def drive(description, run, names):
    """The main program. run(stage, line) does one thing or raises; names() are the lines it knows."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print what it can do and exit")
    parser.add_argument("--folder", help="the certificates and the network that prepare.py made")
    parser.add_argument("--connect", help="HOST:PORT of the XMPP server")
    parser.add_argument("--server", help="the provisioning server's JID")
    parser.add_argument("--password", help="of every account")
    parser.add_argument("--befriend", action="store_true", help="the server is an account: get on its roster")
    options = parser.parse_args()
    if options.list:
        print("\n".join(names()))
    else:
        asyncio.run(serve(options, run))
