// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/replica.h"

#include "replica/queries.h"
#include "replica/synchroniser.h"
#include "replica/worker.h"

#include <QCryptographicHash>
#include <QDir>
#include <QLockFile>
#include <QStandardPaths>
#include <QThreadPool>

#include <atomic>

namespace castellan::replica {

using namespace Qt::StringLiterals;

namespace {

/// The file of one account at one server, locked: what is in it, the draft above all, has one owner.
std::pair<QString, std::unique_ptr<QLockFile>> claimFile(const Account &account, const QString &folder)
{
    QDir().mkpath(folder);
    const QByteArray identity = account.jid.bare().toUtf8() + '\n' + account.server.bare().toUtf8();
    const QString name = QString::fromLatin1(
        QCryptographicHash::hash(identity, QCryptographicHash::Sha256).toHex().first(32));
    for (int console = 1;; ++console) {
        const QString path = folder + u'/' + name + (console > 1 ? u"-%1"_s.arg(console) : QString())
            + u".sqlite"_s;
        auto lock = std::make_unique<QLockFile>(path + u".lock"_s);
        lock->setStaleLockTime(0); // only when its owner is gone, however old it is
        if (lock->tryLock() || lock->error() != QLockFile::LockFailedError)
            return { path, std::move(lock) };
    }
}

} // namespace

struct Replica::Private
{
    using Reader = Result<std::unique_ptr<Database>>;

    Private(Replica &replica, const Account &account, std::pair<QString, std::unique_ptr<QLockFile>> file)
        : q(replica),
          account(account),
          path(file.first),
          lock(std::move(file.second)),
          draft(replica),
          server(u"replica"_s, [path = path] { return std::make_unique<Synchroniser>(path); }),
          reader(u"replica reader"_s,
                 [path = path] { return std::make_unique<Reader>(Database::open(path)); })
    {
        visits.setMaxThreadCount(1);
    }

    template<typename Read>
    auto read(Read function) -> QFuture<std::invoke_result_t<Read, Database &>>
    {
        return reader.run(
            [this, function = std::move(function)](Reader &reader) -> std::invoke_result_t<Read, Database &> {
                if (!reader)
                    return std::unexpected(reader.error());
                auto result = (*reader)->consistently(function);
                if (!result && (*reader)->isDamaged())
                    QMetaObject::invokeMethod(&q, &Replica::heal, Qt::QueuedConnection);
                return result;
            });
    }

    void enter(Replica &q, State newState, const std::optional<Failure> &why = {})
    {
        state = newState;
        failure = why;
        Q_EMIT q.stateChanged();
    }

    Replica &q;
    const Account account;
    const QString path;
    const std::unique_ptr<QLockFile> lock;
    bool healing = false;
    State state = State::Connecting;
    std::optional<Failure> failure;
    QList<PeerCertificate> distrusted;
    std::optional<wire::admin::Capabilities> capabilities;
    Revision revision = 0;
    QList<RevisionInfo> unconfirmed;
    double progress = 0;
    ChangeDraft draft;
    Worker<Synchroniser> server; ///< network and writing
    Worker<Reader> reader;
    std::atomic<bool> ending = false;
    QThreadPool visits;
};

Replica::Replica(const Account &account, const QString &folder, QObject *parent)
    : QObject(parent),
      d(new Private(*this, account, claimFile(account, folder)))
{
    d->server.run([this, account](Synchroniser &synchroniser) {
        connect(&synchroniser, &Synchroniser::connecting, this, [this] {
            if (d->state != State::Offline) // where it stays until something comes of it
                d->enter(*this, State::Connecting);
        });
        connect(&synchroniser, &Synchroniser::synchronising, this, [this] {
            d->progress = 0;
            d->enter(*this, State::Synchronising);
            Q_EMIT progressChanged();
        });
        connect(&synchroniser, &Synchroniser::online, this, [this] { d->enter(*this, State::Online); });
        connect(&synchroniser, &Synchroniser::lost, this,
                [this](const Failure &why) { d->enter(*this, State::Offline, why); });
        connect(&synchroniser, &Synchroniser::untrusted, this,
                [this](const QList<PeerCertificate> &chain) { d->distrusted = chain; });
        connect(&synchroniser, &Synchroniser::refused, this,
                [this](const Failure &why) { d->enter(*this, State::Refused, why); });
        connect(&synchroniser, &Synchroniser::cancelled, this,
                [this](const Failure &why) { d->enter(*this, State::Cancelled, why); });
        connect(&synchroniser, &Synchroniser::damaged, this, &Replica::heal);
        connect(&synchroniser, &Synchroniser::capabilitiesChanged, this,
                [this](const wire::admin::Capabilities &capabilities) {
                    d->capabilities = capabilities;
                    Q_EMIT capabilitiesChanged();
                });
        connect(&synchroniser, &Synchroniser::revisionChanged, this, [this](Revision revision) {
            d->revision = revision;
            Q_EMIT revisionChanged();
        });
        connect(&synchroniser, &Synchroniser::unconfirmedChanged, this,
                [this](const QList<RevisionInfo> &unconfirmed) {
                    if (std::exchange(d->unconfirmed, unconfirmed) != unconfirmed)
                        Q_EMIT unconfirmedChanged();
                });
        connect(&synchroniser, &Synchroniser::progressChanged, this, [this](double progress) {
            d->progress = progress;
            Q_EMIT progressChanged();
        });
        connect(&synchroniser, &Synchroniser::changed, this, &Replica::changed);

        const auto sets = synchroniser.database().and_then(
            [](Database *database) { return readSets(*database); });
        QMetaObject::invokeMethod(this, [this, sets] {
            if (sets)
                d->draft.load(*sets);
            else
                Q_EMIT failed(sets.error());
        });
        synchroniser.start(account);
    });
}

Replica::~Replica()
{
    d->ending = true;
}

QString Replica::defaultFolder()
{
    return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + u"/replicas"_s;
}

const Account &Replica::account() const
{
    return d->account;
}

Replica::State Replica::state() const
{
    return d->state;
}

std::optional<Failure> Replica::failure() const
{
    return d->failure;
}

QList<PeerCertificate> Replica::distrusted() const
{
    return d->distrusted;
}

std::optional<wire::admin::Capabilities> Replica::capabilities() const
{
    return d->capabilities;
}

Revision Replica::revision() const
{
    return d->revision;
}

double Replica::progress() const
{
    return d->progress;
}

void Replica::retry()
{
    d->server.run([](Synchroniser &synchroniser) { synchroniser.retry(); });
}

void Replica::cancel()
{
    d->server.run([](Synchroniser &synchroniser) { synchroniser.cancel(); });
}

void Replica::heal()
{
    if (std::exchange(d->healing, true))
        return;
    // One after the other: the file is replaced while nobody has it open.
    d->reader
        .run([](Private::Reader &reader) {
            reader = fail(FailureKind::ServiceUnavailable,
                          tr("The local copy is damaged and is being replaced"));
        })
        .then(this, [this] { return d->server.run([](Synchroniser &synchroniser) { synchroniser.heal(); }); })
        .unwrap()
        .then(this,
              [this] {
                  return d->reader.run(
                      [path = d->path](Private::Reader &reader) { reader = Database::open(path); });
              })
        .unwrap()
        .then(this, [this] {
            d->healing = false;
            Q_EMIT changed(allParts);
        });
}

ChangeDraft &Replica::draft() const
{
    return d->draft;
}

QFuture<Result<Page<ThingRow>>> Replica::things(const ThingQuery &query) const
{
    return d->read([query](Database &database) { return readThings(database, query); });
}

QFuture<Result<ThingPortrait>> Replica::thing(const QString &jid) const
{
    return d->read([jid](Database &database) { return readThing(database, jid); });
}

QFuture<Result<Page<FriendRow>>> Replica::friends(const FriendQuery &query) const
{
    return d->read([query, draft = d->draft.state()](Database &database) {
        return readFriends(database, draft, query);
    });
}

QFuture<Result<Page<RuleRow>>> Replica::rules(const RuleQuery &query) const
{
    return d->read(
        [query, draft = d->draft.state()](Database &database) { return readRules(database, draft, query); });
}

QFuture<Result<std::optional<qint64>>> Replica::ruleRow(Action action, const QString &ruleId) const
{
    return d->read([action, ruleId, draft = d->draft.state()](Database &database) {
        return readRuleRow(database, draft, action, ruleId);
    });
}

QFuture<Result<Page<PushRow>>> Replica::pushes(qint64 first, int limit) const
{
    return d->read([first, limit](Database &database) { return readPushes(database, first, limit); });
}

QFuture<Result<Page<DeliveryRow>>> Replica::deliveries(Revision revision, qint64 first, int limit) const
{
    return d->read([revision, first, limit](Database &database) {
        return readDeliveries(database, revision, first, limit);
    });
}

QFuture<Result<Page<HitRow>>> Replica::search(const QString &search, int limit) const
{
    return d->read([search, limit](Database &database) { return readHits(database, search, limit); });
}

QFuture<Result<Page<WordRow>>> Replica::words(const WordQuery &query) const
{
    return d->read([query](Database &database) { return readWords(database, query); });
}

QFuture<Result<GraphRows>> Replica::graph(const GraphQuery &query) const
{
    return d->read(
        [query, draft = d->draft.state()](Database &database) { return readGraph(database, draft, query); });
}

QFuture<Result<bool>> Replica::visit(const NetworkVisitor &visitor) const
{
    // A connection of its own: with millions of rows, nobody else should have to wait for the last.
    auto promise = std::make_shared<QPromise<Result<bool>>>();
    promise->start();
    d->visits.start([this, promise, visitor, path = d->path] {
        NetworkVisitor stoppable = visitor;
        stoppable.goOn = [this, &visitor](double progress) { return !d->ending && visitor.goOn(progress); };
        promise->addResult(Database::open(path).and_then([&](const std::unique_ptr<Database> &database) {
            return database->consistently([&](Database &open) { return visitNetwork(open, stoppable); });
        }));
        promise->finish();
    });
    return promise->future();
}

QFuture<Result<QList<NameRow>>> Replica::names(const QList<qint64> &ids) const
{
    return d->read([ids](Database &database) { return readNames(database, ids); });
}

QString Replica::companion(const QString &suffix) const
{
    return d->path + u'.' + suffix;
}

QFuture<Result<Counts>> Replica::counts() const
{
    return d->read(readCounts);
}

QFuture<Result<QList<VersionedObject>>> Replica::objects(const QList<ObjectKey> &keys) const
{
    return d->read([keys](Database &database) { return readObjects(database, keys); });
}

QFuture<Result<QList<Change>>> Replica::changes(const DraftState &draft) const
{
    return d->read([draft](Database &database) { return readChanges(database, draft); });
}

QList<RevisionInfo> Replica::unconfirmed() const
{
    return d->unconfirmed;
}

static Result<void> withoutAnswer(const RequestResult &result)
{
    return result ? Result<void>() : std::unexpected(result.error().failure);
}

QFuture<Result<void>> Replica::confirm(const QString &changeSetId)
{
    return request(wire::admin::Confirm { changeSetId }).then(withoutAnswer);
}

QFuture<Result<void>> Replica::revert(const QString &changeSetId)
{
    return request(wire::admin::Revert { changeSetId }).then(withoutAnswer);
}

QFuture<Result<void>> Replica::contain(const QString &jid)
{
    return request(wire::admin::Contain { .jid = jid }).then(withoutAnswer);
}

QFuture<Result<void>> Replica::release(const QString &jid)
{
    return request(wire::admin::Release { .jid = jid }).then(withoutAnswer);
}

QFuture<Result<void>> Replica::unfriend(const QString &jid, const QString &peer)
{
    return request(wire::admin::Unfriend { .jid = jid, .peer = peer }).then(withoutAnswer);
}

template<typename Response>
static Result<Response> answerOf(const RequestResult &result)
{
    if (!result)
        return std::unexpected(result.error().failure);
    if (const auto *response = std::get_if<Response>(&*result))
        return *response;
    return fail(FailureKind::BadRequest,
                Replica::tr("The server answers with something else; its version does not fit this console"));
}

QFuture<Result<wire::admin::History>> Replica::history(const AuditFilter &filter, const QString &before,
                                                       int limit)
{
    // Not null: empty asks for the last page.
    return request(wire::admin::GetHistory { filter, { .max = limit, .before = u""_s + before } })
        .then(answerOf<wire::admin::History>);
}

QFuture<Result<wire::admin::Verified>> Replica::verify()
{
    return request(wire::admin::Verify()).then(answerOf<wire::admin::Verified>);
}

QFuture<Result<wire::admin::Explained>> Replica::explain(const wire::admin::Explain &question)
{
    return request(question).then(answerOf<wire::admin::Explained>);
}

QFuture<Result<wire::admin::Previewed>> Replica::preview(const ChangeSet &changeSet)
{
    return request(wire::admin::Preview { changeSet }).then(answerOf<wire::admin::Previewed>);
}

QFuture<RequestResult> Replica::request(const wire::admin::Request &request)
{
    return d->server.run([request](Synchroniser &synchroniser) { return synchroniser.request(request); })
        .unwrap();
}

void Replica::synchronise()
{
    d->server.run([](Synchroniser &synchroniser) { synchroniser.synchronise(); });
}

QFuture<void> Replica::write(std::function<Result<void>(Database &)> work)
{
    return d->server
        .run([work = std::move(work)](Synchroniser &synchroniser) {
            return synchroniser.database().and_then([&](Database *database) { return work(*database); });
        })
        .then(this, [this](const Result<void> &written) {
            if (!written)
                Q_EMIT failed(written.error());
        });
}

} // namespace castellan::replica
