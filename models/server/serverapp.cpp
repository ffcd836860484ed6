// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/serverapp.h"

#include "server/accounttransport.h"
#include "server/componenttransport.h"
#include "server/embeddedtransport.h"
#include "server/log.h"
#include "vocabulary/networkjson.h"

#include <QFile>
#include <QSaveFile>
#include <QSysInfo>
#include <QUuid>

#include <algorithm>
#include <limits>

using namespace Qt::StringLiterals;

namespace castellan::server {

ServerApp::ServerApp(ServerOptions options, QObject *parent)
    : QObject(parent),
      m_options(std::move(options))
{ }

ServerApp::~ServerApp() = default;

void ServerApp::start()
{
    const bool inspects = !m_options.exportFile.isEmpty() || !m_options.backupFile.isEmpty()
        || m_options.verifyAudit;
    const Store::Use use = inspects ? Store::Use::Inspect : Store::Use::Serve;
    Store::open(m_options.database, use, m_options.jid.full())
        .then(this, [this](const Result<std::shared_ptr<Store>> &store) {
            if (store)
                onOpened(*store);
            else
                give(u"The database %1 cannot be used"_s.arg(m_options.database), store.error());
        });
}

void ServerApp::stop()
{
    if (std::exchange(m_isStopping, true))
        return;
    if (m_transport)
        m_transport->stop();
    if (!m_service) {
        Q_EMIT finished(0);
        return;
    }
    m_service->flush().then(this, [this](const Result<void> &flushed) {
        if (!flushed)
            qCWarning(lcServer, "Last-asked times could not be stored: %ls",
                      qUtf16Printable(flushed.error().text));
        Q_EMIT finished(0);
    });
}

void ServerApp::give(const QString &what, const Failure &failure)
{
    Q_EMIT message(u"%1: %2"_s.arg(what, failure.text));
    Q_EMIT finished(1);
}

void ServerApp::onOpened(std::shared_ptr<Store> store)
{
    m_store = std::move(store);
    if (!m_options.exportFile.isEmpty())
        exportNetwork();
    else if (!m_options.backupFile.isEmpty())
        backup();
    else if (!m_options.restoreFile.isEmpty())
        restore();
    else if (m_options.verifyAudit)
        verifyAudit();
    else if (!m_options.importFile.isEmpty())
        importNetwork();
    else
        serve();
}

void ServerApp::exportNetwork()
{
    const QString what = u"The network was not exported to %1"_s.arg(m_options.exportFile);
    std::shared_ptr<QFileDevice> file;
    bool isOpen = false;
    if (m_options.exportFile == "-"_L1) {
        const auto out = std::make_shared<QFile>();
        isOpen = out->open(stdout, QIODevice::WriteOnly);
        file = out;
    } else {
        file = std::make_shared<QSaveFile>(m_options.exportFile); // half a network never replaces a whole one
        isOpen = file->open(QIODevice::WriteOnly);
    }
    if (!isOpen)
        return give(what, { FailureKind::ResourceConstraint, file->errorString() });
    const auto writer = std::make_shared<NetworkWriter>(*file);
    m_store
        ->readAll([writer](const QList<VersionedObject> &objects) {
            for (const VersionedObject &object : objects)
                writer->write(*object.object);
        })
        .then(this, [this, what, file, writer](const Result<void> &visited) {
            const Result<void> written = visited ? writer->finish() : visited;
            if (!written)
                return give(what, written.error());
            auto *saved = qobject_cast<QSaveFile *>(file.get());
            if (saved ? !saved->commit() : !file->flush())
                return give(what, { FailureKind::ResourceConstraint, file->errorString() });
            Q_EMIT finished(0);
        });
}

void ServerApp::backup()
{
    m_store->backup(m_options.backupFile).then(this, [this](const Result<void> &written) {
        if (!written)
            return give(u"There is no backup"_s, written.error());
        Q_EMIT finished(0);
    });
}

void ServerApp::restore()
{
    // Nobody has logged in: for the audit log it was whoever may start programs here.
    const QString user = u"%1@%2"_s.arg(qEnvironmentVariable("USER", u"root"_s), QSysInfo::machineHostName());
    m_store->restore(m_options.restoreFile, Actor { user })
        .then(this, [this](const Result<Revision> &revision) {
            if (!revision)
                return give(u"%1 was not restored"_s.arg(m_options.restoreFile), revision.error());
            Q_EMIT output(u"restored as revision %1\n"_s.arg(*revision));
            Q_EMIT finished(0);
        });
}

void ServerApp::verifyAudit()
{
    m_store->verifyAudit().then(this, [this](const Result<AuditCheck> &check) {
        if (!check)
            return give(u"The audit log could not be read"_s, check.error());
        if (check->firstBroken)
            return give(u"Entry %1"_s.arg(*check->firstBroken), { FailureKind::Conflict, check->why });
        Q_EMIT output(u"%1 entries, head %2\n"_s.arg(check->entries).arg(check->head));
        Q_EMIT finished(0);
    });
}

void ServerApp::importNetwork()
{
    const QString what = u"%1 was not imported"_s.arg(m_options.importFile);
    const auto file = std::make_shared<QFile>(m_options.importFile);
    if (!file->open(QIODevice::ReadOnly))
        return give(what, { FailureKind::ItemNotFound, file->errorString() });
    const auto reader = std::make_shared<NetworkReader>(*file);
    m_store
        ->importNetwork({ .next = [file, reader] { return reader->next(); },
                          .digest = [reader] { return reader->digest(); } },
                        Actor { m_options.jid.full() })
        .then(this, [this, what](const Result<Revision> &revision) {
            if (revision)
                return serve();
            if (revision.error().kind == FailureKind::NotAllowed) {
                return give(what,
                            { FailureKind::NotAllowed,
                              u"the database %1 already holds a network. Start without --import to serve "
                              u"that one, or "
                              "name a new database."_s.arg(m_options.database) });
            }
            give(what, revision.error());
        });
}

void ServerApp::serve()
{
    m_store->list({ .type = ObjectType::RoleGrant }, { .max = std::numeric_limits<int>::max() - 1 })
        .then(this, [this](const Result<Store::ObjectPage> &grants) {
            if (!grants)
                return give(u"The administrators cannot be read"_s, grants.error());
            nameAdministrators(grants->objects);
        });
}

void ServerApp::nameAdministrators(const QList<VersionedObject> &grants)
{
    ChangeSet changeSet { .id = QUuid::createUuid().toString(QUuid::WithoutBraces),
                          .title = u"Named as administrators when the server started"_s,
                          .changes = {} };
    for (const QString &jid : std::as_const(m_options.administrators)) {
        const RoleGrant grant { .holder = jid, .role = AdminRole::Administrator, .comment = {} };
        const ObjectKey key { ObjectType::RoleGrant, jid };
        const auto held = std::ranges::find(grants, key, &VersionedObject::key);
        if (held == grants.end())
            changeSet.changes.append({ .key = key, .object = grant, .after = {} });
        else if (std::get<RoleGrant>(*held->object).role != AdminRole::Administrator)
            changeSet.changes.append({ .key = key, .base = held->version, .object = grant, .after = {} });
    }
    if (changeSet.changes.isEmpty())
        return loadAndStart();
    const auto nothingFollows = [](const QList<VersionedObject> &, const QDateTime &) {
        return Consequences {};
    };
    m_store->apply(changeSet, Actor { m_options.jid.full() }, nothingFollows)
        .then(this, [this](const ApplyResult &result) {
            if (std::holds_alternative<Committed>(result))
                return loadAndStart();
            const auto *failure = std::get_if<Failure>(&result);
            give(u"The administrators cannot be stored"_s,
                 failure ? *failure
                         : Failure { FailureKind::Conflict,
                                     u"somebody else changed them just now. Start again."_s });
        });
}

void ServerApp::loadAndStart()
{
    readStartingState(*m_store).then(this, [this](const Result<StartingState> &state) {
        if (!state)
            return give(u"The database %1 cannot be read"_s.arg(m_options.database), state.error());
        startService(*state);
    });
}

void ServerApp::startService(const StartingState &state)
{
    if (m_isStopping)
        return;
    if (std::ranges::none_of(state.network.roleGrants(),
                             [](const RoleGrant &grant) { return grant.role == AdminRole::Administrator; }))
        qCWarning(lcServer, "There is no administrator; name one with --admin JID");
    Result<std::unique_ptr<Transport>> transport = makeTransport();
    if (!transport)
        return give(u"The server cannot start"_s, transport.error());
    m_transport = *std::move(transport);
    m_service = std::make_unique<ProvisioningService>(m_store, state, *m_transport);
    connect(m_transport.get(), &Transport::ready, this, [this] {
        if (!std::exchange(m_isReady, true))
            Q_EMIT ready(readyAddress());
    });
    connect(m_transport.get(), &Transport::lost, this, [](const Failure &why) {
        qCWarning(lcTransport, "Disconnected: %ls", qUtf16Printable(why.text));
    });
    connect(m_transport.get(), &Transport::failed, this, [this](const Failure &why) {
        give(m_isReady ? u"The server cannot go on"_s : u"The server cannot start"_s, why);
    });
    m_transport->start();
}

Result<std::unique_ptr<Transport>> ServerApp::makeTransport() const
{
    switch (m_options.mode) {
    case Mode::Embedded: {
        Accounts accounts;
        if (m_options.accounts.isEmpty()) {
            qCWarning(lcServer, "Nobody can log in; name accounts with --accounts FILE");
        } else {
            Result<Accounts> read = readAccounts(m_options.accounts, m_options.jid);
            if (!read)
                return std::unexpected(read.error());
            accounts = *std::move(read);
        }
        return std::make_unique<EmbeddedTransport>(m_options.jid, QHostAddress(m_options.host),
                                                   m_options.port, accounts);
    }
    case Mode::Component:
        return std::make_unique<ComponentTransport>(m_options.jid, m_options.host, m_options.port,
                                                    m_options.secret);
    case Mode::Account:
        return std::make_unique<AccountTransport>(m_options.jid, m_options.secret, m_options.host,
                                                  m_options.port);
    }
    Q_UNREACHABLE_RETURN(nullptr);
}

QString ServerApp::readyAddress() const
{
    if (const auto *embedded = qobject_cast<const EmbeddedTransport *>(m_transport.get())) {
        const QString host = embedded->address().toString();
        return (host.contains(u':') ? u"[%1]:%2"_s : u"%1:%2"_s).arg(host).arg(embedded->port());
    }
    return m_transport->jid().full();
}

} // namespace castellan::server
