// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/thingdetails.h"

#include "presentation/text.h"

namespace castellan::presentation {

ThingDetails::ThingDetails(QObject *parent)
    : QObject(parent)
{ }

void ThingDetails::setJid(const QString &jid)
{
    if (std::exchange(m_jid, jid) == jid)
        return;
    Q_EMIT jidChanged();
    take(false, {});
    read();
}

QString ThingDetails::kind() const
{
    return kindName(m_portrait.thing.kind);
}

QList<NodeInfo> ThingDetails::nodes() const
{
    QList<NodeInfo> nodes;
    for (const Node &node : m_portrait.thing.nodes) {
        NodeInfo info;
        info.nodeId = node.ref.nodeId;
        info.sourceId = node.ref.sourceId;
        info.cacheType = node.ref.cacheType;
        info.name = node.name;
        for (const Field &field : node.fields)
            info.fields.append(field.name);
        info.parameters = node.parameters;
        nodes.append(info);
    }
    return nodes;
}

void ThingDetails::setSession(Session *session)
{
    if (m_session == session)
        return;
    if (m_session)
        m_session->disconnect(this);
    m_session = session;
    if (m_session)
        connect(m_session, &Session::replicaChanged, this, &ThingDetails::follow);
    follow();
}

void ThingDetails::componentComplete()
{
    if (!m_session)
        setSession(Session::of(this));
}

void ThingDetails::follow()
{
    take(false, {});
    if (auto *replica = m_session ? m_session->replica() : nullptr) {
        connect(replica, &replica::Replica::changed, this, &ThingDetails::read);
        read();
    }
}

void ThingDetails::read()
{
    const quint64 generation = ++m_generation;
    auto *replica = m_session ? m_session->replica() : nullptr;
    if (!replica || m_jid.isEmpty())
        return;
    replica->thing(m_jid).then(this, [this, generation](const Result<replica::ThingPortrait> &portrait) {
        if (generation != m_generation)
            return;
        if (portrait)
            return take(true, *portrait);
        take(false, {});
        if (portrait.error().kind != FailureKind::ItemNotFound && m_session)
            m_session->report(portrait.error());
    });
}

void ThingDetails::take(bool found, const replica::ThingPortrait &portrait)
{
    ++m_generation;
    if (m_found == found && m_portrait == portrait)
        return;
    m_found = found;
    m_portrait = portrait;
    Q_EMIT changed();
}

} // namespace castellan::presentation
