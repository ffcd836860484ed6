// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/provisioningclient.h"

#include "things/logging.h"
#include "things/statestore.h"

#include <QRandomGenerator>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace castellan::things {

namespace {

/// Whom a payload is about; empty for those that are about nobody.
Jid subjectOf(const wire::Provisioning &payload)
{
    return std::visit(
        [](const auto &value) {
            if constexpr (requires { value.jid; })
                return value.jid;
            else
                return Jid();
        },
        payload);
}

bool isAnswerTo(const wire::Provisioning &question, const wire::Provisioning &answer)
{
    const bool fits = (std::holds_alternative<wire::IsFriend>(question)
                       && std::holds_alternative<wire::IsFriendResponse>(answer))
        || (std::holds_alternative<wire::CanRead>(question)
            && std::holds_alternative<wire::CanReadResponse>(answer))
        || (std::holds_alternative<wire::CanControl>(question)
            && std::holds_alternative<wire::CanControlResponse>(answer));
    return fits && subjectOf(question).bare() == subjectOf(answer).bare();
}

bool hasFeature(const wire::Element &iq, QLatin1StringView feature)
{
    const wire::Element *query = iq.child("query"_L1, wire::nsDiscoInfo);
    return query && std::ranges::any_of(query->children, [feature](const wire::Element &child) {
               return child.name == "feature"_L1 && child.attribute("var"_L1) == feature;
           });
}

} // namespace

ProvisioningClient::ProvisioningClient(Connection &connection, StateStore &store, const Settings &settings,
                                       QObject *parent)
    : QObject(parent),
      m_connection(connection),
      m_store(store),
      m_wantedServer(settings.server),
      m_cache(settings.cache)
{
    connect(&connection, &Connection::opened, this, &ProvisioningClient::discover);
    connect(&connection, &Connection::closed, this, &ProvisioningClient::reset);
    m_lookAgain.setSingleShot(true);
    connect(&m_lookAgain, &QTimer::timeout, this, &ProvisioningClient::discover);
}

void ProvisioningClient::restore(const QString &server, const QList<AnswerCache::Entry> &answers)
{
    m_rememberedServer = server;
    for (const auto &answer : answers)
        m_cache.insert(answer);
    m_cache.markSaved(); // they come from where they would be saved to
}

bool ProvisioningClient::isServer(const Jid &from) const
{
    return !m_server.isEmpty() && from.bare() == m_server.bare();
}

void ProvisioningClient::setAddress(const Jid &address)
{
    if (std::exchange(m_address, address) != address)
        Q_EMIT availableChanged();
}

void ProvisioningClient::ask(const wire::Provisioning &question, const Reply &reply, Memory memory)
{
    const QByteArray key = wire::write(question).toXml();
    if (memory == Memory::Use) {
        if (const auto known = m_cache.find(key, QDateTime::currentDateTimeUtc())) {
            reply(*known);
            return;
        }
    }
    if (!isAvailable()) {
        reply(fail(FailureKind::RecipientUnavailable,
                   m_server.isEmpty() ? u"no provisioning server was found"_s
                                      : u"the provisioning server %1 is offline"_s.arg(m_server.bare())));
        return;
    }
    auto &waiting = m_waiting[key];
    waiting.append(reply);
    if (waiting.size() > 1 && memory == Memory::Use)
        return;

    ++m_questionCount;
    m_connection.ask("get"_L1, m_address, wire::write(question),
                     [this, key, question, generation = m_generation](const Result<wire::Element> &iq) {
                         auto answer = iq.and_then([](const wire::Element &stanza) {
                             return stanza.firstChild() ? wire::readProvisioning(*stanza.firstChild())
                                                        : fail(FailureKind::BadRequest, u"an empty answer"_s);
                         });
                         if (answer && !isAnswerTo(question, *answer))
                             answer = fail(FailureKind::BadRequest, u"an answer to another question"_s);
                         // What was asked before the cache was cleared may have been decided before.
                         if (answer && generation == m_generation) {
                             m_cache.insert({ .question = key,
                                              .about = subjectOf(question).bare(),
                                              .answer = *answer,
                                              .used = QDateTime::currentDateTimeUtc() });
                         }
                         const auto replies = m_waiting.take(key);
                         for (const Reply &waiting : replies)
                             waiting(answer);
                     });
}

Result<void> ProvisioningClient::clearCache()
{
    ++m_generation;
    m_cache.clear();
    return save();
}

void ProvisioningClient::forget(const QString &jid)
{
    ++m_generation;
    m_cache.removeAbout(jid);
    if (const auto saved = save(); !saved)
        qCWarning(lcThings).noquote() << saved.error().text;
}

Result<void> ProvisioningClient::save()
{
    const auto changes = m_cache.changes();
    if (changes.isEmpty())
        return {};
    const auto saved = m_store.saveAnswers(m_connection.jid().bare(), changes);
    if (saved)
        m_cache.markSaved();
    return saved;
}

void ProvisioningClient::discover()
{
    if (!m_wantedServer.isEmpty()) {
        settleOn(m_wantedServer);
        return;
    }
    const auto domain = Jid::parse(m_connection.jid().domain());
    Q_ASSERT(domain);
    m_looking = 0;
    look(*domain);
    ++m_looking;
    m_connection.ask("get"_L1, *domain, { .name = u"query"_s, .xmlns = wire::nsDiscoItems },
                     [this](const Result<wire::Element> &iq) {
                         const auto *query = iq ? iq->child("query"_L1, wire::nsDiscoItems) : nullptr;
                         for (const auto &item : query ? query->children : QList<wire::Element>()) {
                             if (const auto jid = Jid::parse(item.attribute("jid"_L1)); jid && jid->isBare())
                                 look(*jid);
                         }
                         looked();
                     });
}

void ProvisioningClient::look(const Jid &candidate)
{
    ++m_looking;
    m_connection.ask("get"_L1, candidate, { .name = u"query"_s, .xmlns = wire::nsDiscoInfo },
                     [this, candidate](const Result<wire::Element> &iq) {
                         if (m_server.isEmpty() && iq && hasFeature(*iq, wire::nsProvisioning))
                             settleOn(candidate);
                         looked();
                     });
}

void ProvisioningClient::looked()
{
    if (--m_looking > 0 || !m_server.isEmpty() || !m_connection.isOpen())
        return;
    qCWarning(lcThings).noquote() << m_connection.jid().bare() << "finds no provisioning server at"
                                  << m_connection.jid().domain() << "and looks again";
    m_lookAgain.start(5s + std::chrono::milliseconds(QRandomGenerator::global()->bounded(5000)));
}

void ProvisioningClient::settleOn(const Jid &server)
{
    m_server = server;
    if (m_rememberedServer != server.bare()) {
        // A new trust relationship starts with an empty cache (§5.2).
        const auto cleared = clearCache().and_then(
            [&] { return m_store.saveServer(m_connection.jid().bare(), server.bare()); });
        if (cleared)
            m_rememberedServer = server.bare();
        else
            qCWarning(lcThings).noquote() << cleared.error().text;
    }
    Q_EMIT found();
    if (!serverIsAccount())
        setAddress(server);
}

void ProvisioningClient::reset()
{
    m_lookAgain.stop();
    m_server = {};
    setAddress({});
}

} // namespace castellan::things
