# SPDX-FileCopyrightText: 2026 The Castellan developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listings of XEP-0324 as stanzas, corrected, and how what came is compared with them."""

import json
import pathlib
import re
import xml.etree.ElementTree as ET

HERE = pathlib.Path(__file__).parent
CLIENT = "jabber:client"
PROVISIONING = "urn:xmpp:iot:provisioning"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
SERVER = "provisioning.example.org"  # as the listings call it


def name(element):
    return element.tag.rpartition("}")[2]


def namespace(element):
    return element.tag[1:].partition("}")[0]


def corrected():
    """{number: [stanza, ...]}, after the corrections. Fails when one of them corrects nothing."""
    text = (HERE / "xep-0324-listings.xml").read_text(encoding="utf-8")
    found = re.findall(r"<listing number='(\d+)' caption='[^']*'>\n(.*?)\n</listing>", text, re.S)
    listings = {int(number): body for number, body in found}
    for correction in json.loads((HERE / "corrections.json").read_text(encoding="utf-8"))["listings"]:
        for number in correction["listings"]:
            body = listings[number].replace(correction["published"], correction["corrected"])
            if body == listings[number]:
                raise ValueError(f"listing {number} does not contain {correction['published']!r}")
            listings[number] = body
    return {number: list(ET.fromstring(f"<stream xmlns='{CLIENT}'>{body}</stream>"))
            for number, body in listings.items()}


def differences(expected, actual, same, path=""):
    """What is in one and not in the other, as sentences. same(expected, attribute or None, theirs, ours) says
    whether two values are equal. Order counts. "..." in the expected one allows more children."""
    path += "/" + name(expected)
    if expected.tag != actual.tag:
        return [f"{path}: {actual.tag} came instead of {expected.tag}"]
    faults = []
    attributes = set(expected.keys()) | set(actual.keys())
    # A server may add the stream's language to stanzas (RFC 6120 8.1.5).
    if namespace(expected) == CLIENT:
        attributes.discard("{http://www.w3.org/XML/1998/namespace}lang")
    for attribute in sorted(attributes):
        if not same(expected, attribute, expected.get(attribute), actual.get(attribute)):
            faults.append(f"{path}@{attribute}: {actual.get(attribute)!r}, not {expected.get(attribute)!r}")
    texts = [(expected.text or "").strip(), *((child.tail or "").strip() for child in expected)]
    is_open = "..." in texts
    if not is_open and not same(expected, None, texts[0], (actual.text or "").strip()):
        faults.append(f"{path}: the text {(actual.text or '').strip()!r}, not {texts[0]!r}")
    theirs, ours = list(expected), list(actual)
    if name(expected) == "error" and namespace(expected) == CLIENT:
        # Words for people are always allowed (RFC 6120 8.3.2).
        ours = [child for child in ours if child.tag != f"{{{STANZAS}}}text"]
    if is_open:
        for child in theirs:
            if not any(not differences(child, ours_child, same) for ours_child in ours):
                faults.append(f"{path}: no {ET.tostring(child).decode().strip()}")
    elif len(theirs) != len(ours):
        faults.append(f"{path}: {[name(child) for child in ours]}, not {[name(child) for child in theirs]}")
    else:
        for child, ours_child in zip(theirs, ours):
            faults += differences(child, ours_child, same, path)
    return faults
