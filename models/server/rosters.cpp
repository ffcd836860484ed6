// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/rosters.h"

#include "server/stanza.h"

using namespace Qt::StringLiterals;

namespace castellan::server {

static constexpr QLatin1StringView nsRoster { "jabber:iq:roster" };
static constexpr qsizetype rosterLimit = 10'000;

/// \a stanza on its way on: with a `from` and `to` of the server's.
static wire::Element readdressed(wire::Element stanza, const QString &from, const QString &to)
{
    stanza.setAttribute("from"_L1, from);
    stanza.setAttribute("to"_L1, to);
    return stanza;
}

Rosters::Rosters(QString domain, std::function<bool(const QString &)> isAccount,
                 std::function<void(const wire::Element &)> send)
    : m_domain(std::move(domain)),
      m_isAccount(std::move(isAccount)),
      m_send(std::move(send))
{ }

bool Rosters::handle(const Jid &from, const wire::Element &stanza)
{
    if (stanza.name == "presence"_L1) {
        handlePresence(from, stanza);
        return true;
    }
    if (stanza.name != "iq"_L1)
        return false;
    const QString to = bareJid(stanza.attribute("to"_L1));
    const wire::Element *query = stanza.child("query"_L1, nsRoster);
    if (!query || (to != m_domain && to != from.bare()))
        return false;
    handleRoster(from, stanza, *query);
    return true;
}

void Rosters::disconnected(const Jid &full)
{
    const auto account = m_accounts.find(full.bare());
    if (account == m_accounts.end())
        return;
    account->interested.remove(full.full());
    if (account->presences.contains(full.full()))
        handlePresence(full, stanza(u"presence"_s, u"unavailable"_s, full.full(), m_domain));
}

void Rosters::handleRoster(const Jid &from, const wire::Element &request, const wire::Element &query)
{
    // Answers come from the account, as clients expect (RFC 6121 §2.1.3); QXmppServer has put the domain.
    wire::Element iq = request;
    iq.setAttribute("to"_L1, from.bare());
    Account &account = m_accounts[from.bare()];
    if (iq.attribute("type"_L1) == "get"_L1) {
        account.interested.insert(from.full());
        wire::Element result { .name = u"query"_s, .xmlns = nsRoster };
        for (const auto &[contact, item] : account.items.asKeyValueRange()) {
            if (item.listed)
                result.children.append(itemElement(contact, item));
        }
        return m_send(wire::iqResult(iq, result));
    }
    const wire::Element *element = query.child("item"_L1, nsRoster);
    const Result<Jid> contact = element ? Jid::parse(element->attribute("jid"_L1))
                                        : fail(FailureKind::BadRequest, u"No item."_s);
    if (!contact)
        return m_send(wire::iqError(iq, contact.error()));
    const QString peer = contact->bare();
    if (element->attribute("subscription"_L1) == "remove"_L1) {
        if (!account.items.contains(peer))
            return m_send(
                wire::iqError(iq, { FailureKind::ItemNotFound, u"%1 is not in the roster."_s.arg(peer) }));
        if (account.items[peer].to || account.items[peer].ask)
            handleSubscription(from.bare(), peer, stanza(u"presence"_s, u"unsubscribe"_s, from.bare(), peer));
        if (m_accounts[from.bare()].items[peer].from)
            handleSubscription(from.bare(), peer,
                               stanza(u"presence"_s, u"unsubscribed"_s, from.bare(), peer));
        m_accounts[from.bare()].items.remove(peer);
        push(from.bare(), peer);
        return m_send(wire::iqResult(iq));
    }
    if (!account.items.contains(peer) && account.items.size() >= rosterLimit) {
        return m_send(wire::iqError(
            iq, { FailureKind::ResourceConstraint, u"A roster has at most %1 items."_s.arg(rosterLimit) }));
    }
    Item &item = account.items[peer];
    item.listed = true;
    item.name = element->attribute("name"_L1);
    item.groups.clear();
    for (const wire::Element &child : element->children) {
        if (child.name == "group"_L1 && child.xmlns == nsRoster)
            item.groups.append(child.text);
    }
    push(from.bare(), peer);
    m_send(wire::iqResult(iq));
}

void Rosters::handlePresence(const Jid &from, const wire::Element &presence)
{
    const QString type = presence.attribute("type"_L1);
    const QString to = presence.attribute("to"_L1);
    const QString bare = from.bare();
    if (type == "subscribe"_L1 || type == "subscribed"_L1 || type == "unsubscribe"_L1
        || type == "unsubscribed"_L1) {
        if (const QString peer = bareJid(to); !peer.isEmpty())
            handleSubscription(bare, peer, presence);
        return;
    }
    if (to != m_domain) { // directed
        m_send(presence);
        return;
    }
    Account &account = m_accounts[bare];
    if (type == "unavailable"_L1) {
        account.presences.remove(from.full());
        broadcast(bare, presence);
        return;
    }
    if (!type.isEmpty())
        return;
    const bool initial = !account.presences.contains(from.full());
    account.presences.insert(from.full(), presence);
    broadcast(bare, presence);
    if (!initial)
        return;
    for (const wire::Element &request : std::as_const(account.asking))
        m_send(readdressed(request, request.attribute("from"_L1), from.full()));
    for (const auto &[contact, item] : std::as_const(account.items).asKeyValueRange()) {
        if (item.to)
            sendPresenceOf(contact, from.full());
    }
}

/// \a bare sends \a presence, one of the four kinds of RFC 6121 §3, to \a peer.
void Rosters::handleSubscription(const QString &bare, const QString &peer, const wire::Element &presence)
{
    if (bare == peer || !m_isAccount(peer))
        return;
    const QString type = presence.attribute("type"_L1);
    m_accounts[bare]; // both exist before references are taken
    m_accounts[peer];
    Item &mine = m_accounts[bare].items[peer];
    Item &theirs = m_accounts[peer].items[bare];
    const Item before = mine;
    const Item theirsBefore = theirs;
    const wire::Element forwarded = readdressed(presence, bare, peer);

    if (type == "subscribe"_L1) {
        mine.listed = true;
        mine.ask = !mine.to;
        push(bare, peer);
        if (theirs.from) {
            mine.to = true;
            mine.ask = false;
            push(bare, peer);
            m_send(stanza(u"presence"_s, u"subscribed"_s, peer, bare));
            sendPresenceOf(peer, bare);
            return;
        }
        m_accounts[peer].asking.insert(bare, forwarded);
        m_send(forwarded);
    } else if (type == "subscribed"_L1) {
        if (!m_accounts[bare].asking.remove(peer))
            return; // nobody asked: RFC 6121 §3.1.5 passes over it
        mine.from = mine.listed = true;
        theirs.to = true;
        theirs.ask = false;
        push(bare, peer);
        m_send(forwarded);
        push(peer, bare);
        sendPresenceOf(bare, peer);
    } else if (type == "unsubscribe"_L1) {
        mine.to = mine.ask = false;
        theirs.from = false;
        m_accounts[peer].asking.remove(bare);
        if (before.to || before.ask)
            push(bare, peer);
        if (theirsBefore.from || before.ask)
            m_send(forwarded);
        if (theirsBefore.from) {
            push(peer, bare);
            sendUnavailable(peer, bare);
        }
    } else {
        const bool asked = m_accounts[bare].asking.remove(peer) > 0;
        mine.from = false;
        theirs.to = theirs.ask = false;
        if (before.from)
            push(bare, peer);
        if (before.from || asked) {
            m_send(forwarded);
            push(peer, bare);
        }
        if (before.from)
            sendUnavailable(bare, peer);
    }
}

void Rosters::broadcast(const QString &bare, const wire::Element &presence)
{
    const QString full = presence.attribute("from"_L1);
    const Account &account = m_accounts[bare];
    QStringList receivers;
    for (const auto &[contact, item] : account.items.asKeyValueRange()) {
        if (item.from)
            receivers.append(m_accounts.value(contact).presences.keys());
    }
    receivers.append(account.presences.keys()); // the account's own resources
    for (const QString &receiver : std::as_const(receivers))
        m_send(readdressed(presence, full, receiver));
}

void Rosters::sendPresenceOf(const QString &bare, const QString &to)
{
    const auto presences = m_accounts.value(bare).presences;
    for (const auto &[full, presence] : presences.asKeyValueRange())
        m_send(readdressed(presence, full, to));
}

void Rosters::sendUnavailable(const QString &bare, const QString &to)
{
    const QStringList resources = m_accounts.value(bare).presences.keys();
    for (const QString &full : resources)
        m_send(stanza(u"presence"_s, u"unavailable"_s, full, to));
}

void Rosters::push(const QString &bare, const QString &contact)
{
    const auto account = m_accounts.constFind(bare);
    if (account == m_accounts.cend())
        return;
    const auto item = account->items.constFind(contact);
    wire::Element element = itemElement(contact, item == account->items.cend() ? Item {} : *item);
    if (item == account->items.cend())
        element.setAttribute("subscription"_L1, u"remove"_s);
    else if (!item->listed)
        return;
    for (const QString &full : account->interested) {
        wire::Element iq = stanza(u"iq"_s, u"set"_s, bare, full, u"push-%1"_s.arg(++m_lastPush));
        iq.children = {
            { .name = u"query"_s, .xmlns = nsRoster, .attributes = {}, .children = { element } }
        };
        m_send(iq);
    }
}

wire::Element Rosters::itemElement(const QString &contact, const Item &item)
{
    wire::Element element { .name = u"item"_s, .xmlns = nsRoster };
    element.setAttribute("jid"_L1, contact);
    if (!item.name.isEmpty())
        element.setAttribute("name"_L1, item.name);
    element.setAttribute("subscription"_L1,
                         item.to && item.from ? u"both"_s
                             : item.to        ? u"to"_s
                             : item.from      ? u"from"_s
                                              : u"none"_s);
    if (item.ask)
        element.setAttribute("ask"_L1, u"subscribe"_s);
    for (const QString &group : item.groups)
        element.children.append(
            { .name = u"group"_s, .xmlns = nsRoster, .attributes = {}, .children = {}, .text = group });
    return element;
}

} // namespace castellan::server
