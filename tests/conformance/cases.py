# SPDX-FileCopyrightText: 2026 The Castellan developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What XEP-0324 describes and no listing shows. Names carry the number of the statement of the decision semantics
that settles it. A case leaves the network as it found it."""

import asyncio
import base64
import contextlib
import hashlib
import xml.etree.ElementTree as ET

from listings import DEVICE, SERVICE, without_habit
from published import PROVISIONING, name
from stage import ADMIN, PATIENCE, Fault, element, provisioning, show

CASES = {}
CAPS = "http://jabber.org/protocol/caps"
INFO = "http://jabber.org/protocol/disco#info"
U1, U2 = "u1@example.org/u1", "u2@example.org/u2"
STRANGER = "stranger@example.org/x"


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
        raise Fault(what if isinstance(what, str) else show(what))


async def eventually(holds, what):
    """For what follows a message, which has no answer."""
    async with asyncio.timeout(PATIENCE):
        while not await holds():
            await asyncio.sleep(0.02)
        return
    raise Fault(what)


@contextlib.asynccontextmanager
async def network_with(stage, *objects):
    """The network with these objects, each as type, id and text, until the end."""
    admin = await stage.administrator()
    await admin.apply(*objects)
    try:
        yield
    finally:
        await admin.apply(*((kind, identity, None) for kind, identity, _ in objects))


def read_rule(identity, device, inside="", effect="allow", subject="<subject kind='jid' value='primary@example.org'/>",
              attributes="", node=""):
    return ("access-rule", identity, f"<access-rule id='{identity}' effect='{effect}' action='read' {attributes}>"
            f"{subject}<target kind='device' value='{device}'>{node}</target>{inside}</access-rule>")


def pair(one, other, state="accepted", trust=""):
    one, other = sorted((one, other))
    return ("friendship", f"{one} {other}", f"<friendship a='{one}' b='{other}' state='{state}' {trust}/>")


def types(answer):
    """The field types that an answer allows."""
    return {key for key, value in answer.items() if value in ("true", "1") and key != "result"}


def listed(answer, what):
    return [child.get("nodeId") or child.get("name") for child in answer if name(child) == what]


async def is_friend(client, jid):
    return await client.answer(provisioning("isFriend", jid=jid))


@case
async def s01_resourcesAreIgnored(stage):
    """3.2.1, note 2."""
    device = await stage.client(DEVICE)
    answer = await is_friend(device, "Client1@EXAMPLE.org/somewhere")
    expect(answer.get("result") == "true" and answer.get("jid") == "client1@example.org", answer)


@case
async def s02_aNodeIdMeansEveryNodeThatHasIt(stage):
    """5.5, note: with sources and cache types that the request does not name."""
    node = "<node source-id='{}' node-id='Meter'/>"
    device = await stage.client(DEVICE)
    question = provisioning("canRead", children=[("node", {"nodeId": "Meter", "sourceId": "A"})], momentary="true",
                            jid="primary@example.org")
    async with network_with(stage, read_rule("in-a", "device@example.org", node=node.format("A"))):
        answer = await device.answer(question)
        expect(answer.get("result") == "true", answer)
        for child in question:
            child.set("sourceId", "B")
        answer = await device.answer(question)
        expect(answer.get("result") == "false", answer)


@case
async def s04_thePairIsUnordered(stage):
    client1 = await stage.client("client1@example.org/x")
    answer = await is_friend(client1, "device@example.org")
    expect(answer.get("result") == "true", answer)


@case
async def s07_secondaryTrust(stage):
    """3.1.4."""
    device = await stage.client(DEVICE)
    expect("secondaryTrustAllowed" not in (await is_friend(device, "client1@example.org")).keys(), "it is written")
    trusted = pair("device@example.org", "client2@example.org", trust="secondary-trust-allowed='true'")
    async with network_with(stage, trusted):
        answer = await is_friend(device, "client2@example.org")
        expect(answer.get("secondaryTrustAllowed") == "true", answer)
        rejected = pair("device@example.org", "client2@example.org", "rejected", "secondary-trust-allowed='true'")
        await (await stage.administrator()).apply(rejected)
        answer = await is_friend(device, "client2@example.org")
        expect("secondaryTrustAllowed" not in answer.keys(), answer)


@case
async def s08_onlyThoseWhoAskedAreToldOfFriends(stage):
    """3.2.3 and 3.2.4."""
    asker, silent = await stage.client(U1), await stage.client(U2)
    await is_friend(asker, "device@example.org")
    async with network_with(stage, pair("u1@example.org", "u2@example.org")):
        advice = (await asker.next())[0]
        expect(name(advice) == "friend" and advice.get("jid") == "u2@example.org", advice)
    advice = (await asker.next())[0]
    expect(name(advice) == "unfriend" and advice.get("jid") == "u2@example.org", advice)
    await silent.settle()
    for message in silent.rest():
        raise Fault(f"{show(message)} came to one who never asked")


@case
async def s09_wildcards(stage):
    device = await stage.client(DEVICE)
    rule = read_rule("wild", "device@example.org", "<name>Temp*</name><name>*level</name>",
                     subject="<subject kind='domain' value='example.org'/>")
    async with network_with(stage, rule):
        answer = await device.answer(provisioning(
            "canRead", jid="client2@example.org", momentary="true", children=[
                ("field", {"name": field}) for field in ("Temperature", "temperature", "Fill level", "Level")]))
        expect(listed(answer, "field") == ["Temperature", "Fill level"], answer)


@case
async def s09_historicalMeansNineTypes(stage):
    device = await stage.client(DEVICE)
    rule = read_rule("history", "device@example.org", attributes="types='historicalDay historicalYear peak'",
                     subject="<subject kind='jid' value='client2@example.org'/>")
    async with network_with(stage, rule):
        answer = await device.answer(provisioning("canRead", jid="client2@example.org", historical="true"))
        expect(types(answer) == {"historicalDay", "historicalYear"}, answer)
        answer = await device.answer(provisioning("canRead", jid="client2@example.org", all="true"))
        expect(types(answer) == {"historicalDay", "historicalYear", "peak"}, answer)
        answer = await device.answer(provisioning("canRead", jid="client2@example.org", momentary="true"))
        expect(answer.get("result") == "false", answer)


@case
async def s09_validFromUntil(stage):
    device = await stage.client(DEVICE)
    everyone = "<subject kind='jid' value='client2@example.org'/>"
    async with network_with(
            stage, read_rule("gone", "device@example.org", attributes="until='2020-01-01T00:00:00Z'", subject=everyone),
            read_rule("later", "device@example.org", attributes="from='2099-01-01T00:00:00Z'", subject=everyone)):
        answer = await device.answer(provisioning("canRead", jid="client2@example.org", momentary="true"))
        expect(answer.get("result") == "false", answer)


@case
async def s10_firstMatchWins(stage):
    device = await stage.client(DEVICE)
    everyone = "<subject kind='everyone'/>"
    async with network_with(
            stage, read_rule("deny", "device@example.org", "<name>Power</name>", "deny", everyone),
            read_rule("allow", "device@example.org", subject=everyone)):
        answer = await device.answer(provisioning("canRead", jid="client2@example.org", momentary="true"))
        expect(listed(answer, "field") == ["Energy", "Temperature"], answer)


@case
async def s14_whoIsNotKnownIsNoted(stage):
    """5.4."""
    stranger = await stage.client(STRANGER)
    await stranger.answer(provisioning("canRead", jid="nobody@elsewhere.example"))
    admin = await stage.administrator()
    for jid in ("stranger@example.org", "nobody@elsewhere.example"):
        async def noted(jid=jid):
            return await admin.version("thing", jid) != "0"
        await eventually(noted, f"{jid} was not noted")


async def delivery(stage, jid):
    """The newest clearCache owed to somebody."""
    admin = await stage.administrator()
    found, after = None, "0"
    while True:
        page = await admin.answer(element(f"<deliveries xmlns='{ADMIN}' after='{after}'/>"))
        for item in page.findall(f"{{{ADMIN}}}delivery"):
            after = item.get("sequence")
            if item.get("jid") == jid and item.get("kind") == "clear-cache":
                found = item
        if page.get("complete") in ("true", "1"):
            return found


async def clear_cache_settles_as(stage, client, state, answer):
    await is_friend(client, "device@example.org")
    with without_habit(client, "clearCache"):
        async with network_with(stage, read_rule("clear", client.boundjid.bare, subject="<subject kind='everyone'/>")):
            answer(await client.next())

            async def settled():
                return (await delivery(stage, client.boundjid.bare)).get("state") == state
            await eventually(settled, f"the delivery did not become {state}")
            answer_last = client.next()
        answer(await answer_last)


@case
async def s23_clearCacheAcknowledgedByAnEmptyResult(stage):
    client = await stage.client(U1)
    await clear_cache_settles_as(stage, client, "acknowledged", client.reply)


@case
async def s23_clearCacheAcknowledgedByItsResponse(stage):
    client = await stage.client(U1)
    await clear_cache_settles_as(stage, client, "acknowledged",
                                 lambda iq: client.reply(iq, provisioning("clearCacheResponse")))


@case
async def s23_clearCacheRefused(stage):
    client = await stage.client(U1)
    await clear_cache_settles_as(stage, client, "failed", lambda iq: client.refuse(iq, "feature-not-implemented"))


@case
async def s23_onlyTheOneToldCanAcknowledge(stage):
    """Numbers of deliveries are easily guessed."""
    client, stranger = await stage.client(U1), await stage.client(STRANGER)
    await is_friend(client, "device@example.org")
    rule = read_rule("clear", "u1@example.org", subject="<subject kind='everyone'/>")
    with without_habit(client, "clearCache"):
        async with network_with(stage, rule):
            told = await client.next()
            for answer in (provisioning("clearCacheResponse"), None):
                forged = element(f"<iq xmlns='jabber:client' type='result' id='{told.get('id')}'/>")
                forged.set("to", stranger.authority)
                forged.extend([] if answer is None else [answer])
                stranger.say(forged)
            await stranger.settle()
            # Had it been acknowledged, this would be an answer to nothing.
            client.refuse(told)

            async def failed():
                return (await delivery(stage, "u1@example.org")).get("state") == "failed"
            await eventually(failed, "the answer of the one who was told did not count")
            last = client.next()
        client.reply(await last)


@case
async def s23_clearCacheWaitsForWhoIsOffline(stage):
    """3.5.1."""
    offline = await stage.client(U1)
    await is_friend(offline, "device@example.org")
    before = offline.cleared
    await stage.leave(U1)
    rule = read_rule("meanwhile", "u1@example.org", subject="<subject kind='everyone'/>")
    async with network_with(stage, rule):
        back = await stage.client(U1)

        async def cleared():
            return back.cleared == 1
        await eventually(cleared, "no clearCache came after the return")
    expect(before == offline.cleared, "a clearCache came while offline")


@case
async def s24_whoNeverAskedHasNothingToClear(stage):
    silent = await stage.client(U2)
    rule = read_rule("clear", "u2@example.org", subject="<subject kind='everyone'/>")
    async with network_with(stage, rule):
        await silent.settle()
    await silent.settle()
    expect(silent.cleared == 0, "a clearCache came")


@case
async def capabilitiesComeWithPresence(stage):
    """6: XEP-0115, where possible. A component's presence and an account's alike."""
    device = await stage.client(DEVICE)
    presence = asyncio.get_running_loop().create_future()
    device.add_event_handler("presence_available", lambda p: presence.done() or presence.set_result(p.xml))
    device.send_presence(pto=device.authority.partition("/")[0], ptype="probe")
    caps = (await asyncio.wait_for(presence, PATIENCE)).find(f"{{{CAPS}}}c")
    expect(caps is not None, "the presence says nothing of capabilities")
    query = ET.Element(f"{{{INFO}}}query", {"node": f"{caps.get('node')}#{caps.get('ver')}"})
    info = await device.answer(query)
    features = sorted(f.get("var") for f in info.findall(f"{{{INFO}}}feature"))
    expect(PROVISIONING in features, info)
    text = "".join(sorted("/".join(i.get(key, "") for key in ("category", "type", "lang", "name")) + "<"
                          for i in info.findall(f"{{{INFO}}}identity")))
    text += "".join(feature + "<" for feature in features)
    expected = base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()
    expect(caps.get("ver") == expected, f"{caps.get('ver')} is not {expected}, the hash of {text}")


async def fresh_token(stage, holder):
    service = await stage.client(SERVICE)
    return await service.token(stage.holder(holder))


@case
async def s06_aLateApprovalArrives(stage):
    asker, admin = await stage.client(U1), await stage.administrator()
    question = "client2@example.org u1@example.org"
    async with network_with(stage, ("policy", "policy", "<policy unknown-friends='ask'/>")):
        expect((await is_friend(asker, "client2@example.org")).get("result") == "false", "granted at once")
        expect(await admin.version("question", question) != "0", "nobody was asked")
        before = asker.cleared
        async with network_with(stage, pair("u1@example.org", "client2@example.org")):
            advice = (await asker.next())[0]
            expect(name(advice) == "friend" and advice.get("jid") == "client2@example.org", advice)

            async def cleared():
                return asker.cleared > before
            await eventually(cleared, "no clearCache came")
            expect((await is_friend(asker, "client2@example.org")).get("result") == "true", "still denied")
            expect(await admin.version("question", question) == "0", "the question is still there")
        await asker.next()  # unfriend


@case
async def s13_theMostForgivingOfSeveralTokens(stage):
    """3.1.5. A token that nobody issued counts as none."""
    device = await stage.client(DEVICE)
    tokens = [await fresh_token(stage, holder) for holder in ("other", "second")]
    for token in tokens:
        device.keys[token] = (await stage.client(SERVICE)).keys[token]
    subject = "<subject kind='jid' value='client2@example.org' with-service='second@example.org'/>"
    async with network_with(stage, read_rule("second", "device@example.org", subject=subject)):
        for given, result in ((f"{tokens[0]} {tokens[1]}", "true"), (f"nobodys {tokens[1]}", "true"),
                              (tokens[0], "false"), ("nobodys", "false")):
            answer = await device.answer(provisioning("canRead", jid="client2@example.org", serviceToken=given))
            expect(answer.get("result") == result, answer)


@case
async def s15_credentialsInBothSpellings(stage):
    service = await stage.client(SERVICE)
    token = await fresh_token(stage, "service")
    place = [("longitude", {"value": "123.45"}), ("latitude", {"value": "67.89"})]
    for children, result in (
            ([("ip4", {"value": "10.0.0.1"}), *place], "true"),
            ([("credentials", {"type": "IpAddress", "value": "10.1.2.3"}), *place], "true"),
            ([("ip4", {"value": "11.0.0.1"}), *place], "false"),
            ([("ip4", {"value": "10.0.0.1"}), ("longitude", {"value": "23.45"}), place[1]], "false"),
            ([("ip4", {"value": "10.0.0.1"})], "false"), ([], "false")):
        answer = await service.answer(provisioning("canAccess", serviceToken=token, children=children))
        expect(answer.get("result") == result and ("userToken" in answer.keys()) == (result == "true"), answer)
    answer = await service.answer(provisioning("canAccess", serviceToken="nobodys", children=place))
    expect(answer.get("result") == "false", answer)


@case
async def s16_privilegesComeWithTheLogin(stage):
    """3.6.2 and 3.7."""
    service = await stage.client(SERVICE)
    token, other = await fresh_token(stage, "service"), await fresh_token(stage, "other")
    access = await service.answer(provisioning("canAccess", serviceToken=token, children=[
        ("ip4", {"value": "10.0.0.1"}), ("longitude", {"value": "123.45"}), ("latitude", {"value": "67.89"})]))
    visitor = {"userToken": access.get("userToken")}

    async def has(privilege, of=token):
        answer = await service.answer(provisioning("hasPrivilege", serviceToken=of, privilegeId=privilege, **visitor))
        return answer.get("result") == "true"
    expect(not await has("Sensors.View"), "a visitor who is not logged in has Kermit's privileges")
    listed = await service.answer(provisioning("downloadPrivileges", serviceToken=token, **visitor))
    expect(len(listed) == 0, listed)
    service.tell(provisioning("userLoggedIn", serviceToken=token, userName="Kermit", **visitor))
    expect(await has("Sensors.View") and await has("Sensors"), "Kermit may not view sensors")
    expect(not await has("Sensors.Delete.All") and not await has("SensorsX"), "Kermit may do too much")
    expect(not await has("Sensors.View", other), "one service's user token counts at another")


def pass_on(client, to):
    """What a thing does with a challenge of a token that somebody gave it (3.1.3)."""
    def habit(iq, payload):
        async def propagate():
            answer = await client.ask(payload, to=to)
            if answer.get("type") == "result":
                client.reply(iq, answer[0])
            else:
                client.refuse(iq)
        client.propagation = asyncio.create_task(propagate())
    return habit


@case
async def s22_aChallengePassesThroughTwoThings(stage):
    """3.1.3: a service reads U1, which reads U2, which asks the server."""
    service, u1, u2 = [await stage.client(jid) for jid in (SERVICE, U1, "plc@example.org/plc")]
    kept = u1.habits["tokenChallenge"], u2.habits["tokenChallenge"]
    u1.habits["tokenChallenge"] = pass_on(u1, SERVICE)
    u2.habits["tokenChallenge"] = pass_on(u2, U1)
    subject = "<subject kind='jid' value='u1@example.org' with-service='service@example.org'/>"
    try:
        async with network_with(stage, read_rule("chain", "plc@example.org", subject=subject)):
            for solves in (True, False):
                token = await fresh_token(stage, "service")
                if not solves:
                    del service.keys[token]
                for sender, to in ((service, u1), (u1, u2)):
                    sender.say(element(
                        f"<iq xmlns='jabber:client' type='get' id='chain' to='{to.boundjid.full}'>"
                        f"<req xmlns='urn:xmpp:iot:sensordata' seqnr='1' momentary='true' serviceToken='{token}'/></iq>"))
                    expect((await to.next())[0].get("serviceToken") == token, "the token did not come through")
                answer = await u2.answer(provisioning(
                    "canRead", jid="u1@example.org", momentary="true", serviceToken=token))
                expect(answer.get("result") == str(solves).lower(), answer)
    finally:
        u1.habits["tokenChallenge"], u2.habits["tokenChallenge"] = kept


@case
async def s25_containment(stage):
    asker, device = await stage.client(U1), await stage.client(DEVICE)
    await is_friend(asker, "device@example.org")
    rule = read_rule("open", "device@example.org", subject="<subject kind='jid' value='client2@example.org'/>")
    question = provisioning("canRead", jid="client2@example.org", momentary="true")
    async with network_with(stage, pair("u1@example.org", "client2@example.org"), rule):
        await asker.next()  # friend
        expect((await device.answer(question)).get("result") == "true", "denied before it is contained")
        contained = ("containment", "client2@example.org", "<containment jid='client2@example.org'/>")
        async with network_with(stage, contained):
            advice = (await asker.next())[0]
            expect(name(advice) == "unfriend" and advice.get("jid") == "client2@example.org", advice)
            expect((await device.answer(question)).get("result") == "false", "it may be told")
            expect((await is_friend(asker, "client2@example.org")).get("result") == "false", "it has friends")
            itself = await stage.client("client2@example.org/x")
            expect((await is_friend(itself, "u1@example.org")).get("result") == "false", "it finds friends")
        advice = (await asker.next())[0]
        expect(name(advice) == "friend" and advice.get("jid") == "client2@example.org", advice)
        expect((await device.answer(question)).get("result") == "true", "releasing did not restore everything")
    await asker.next()  # unfriend
