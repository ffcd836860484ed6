// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/store.h"

#include "store/database.h"
#include "store/listener.h"
#include "vocabulary/networkjson.h"

#include <QBuffer>
#include <QLoggingCategory>
#include <QPromise>
#include <QUuid>
#include <QtConcurrentRun>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

using namespace Qt::StringLiterals;

namespace castellan {

using store::Abort;
using store::Database;
using store::Location;
using Access = store::Transaction::Access;

namespace {

Q_LOGGING_CATEGORY(logStore, "castellan.store")

/// Work for the database's thread. The work is done in a transaction; \c finish then hears whether it was
/// committed.
struct Task
{
    std::function<void(Database &)> work; ///< may throw Abort
    std::function<void(const Failure *)> finish;
    Access access = Access::Write;
    /// May share its transaction with the tasks before and behind it that are small as well: a network that
    /// restarts at once brings thousands of them, and each transaction waits for the disk.
    bool small = false;
    bool isUndone = false; ///< it only wants to know what would come of it
};

/// What callers leave for the thread, in order.
class Queue
{
public:
    void add(Task &&task)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_tasks.push_back(std::move(task));
        }
        m_changed.notify_one();
    }

    /// After what is queued, take() returns nothing.
    void close()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_closed = true;
        }
        m_changed.notify_one();
    }

    /// Waits for tasks; those returned may share a transaction.
    QList<Task> take()
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [this] { return m_closed || !m_tasks.empty(); });
        QList<Task> tasks;
        while (!m_tasks.empty() && tasks.size() < most
               && (tasks.isEmpty() || (tasks.last().small && m_tasks.front().small))) {
            tasks.append(std::move(m_tasks.front()));
            m_tasks.pop_front();
        }
        return tasks;
    }

private:
    static constexpr qsizetype most = 1000;

    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<Task> m_tasks;
    bool m_closed = false;
};

std::optional<Failure> runTogether(Database &database, const QList<Task> &tasks)
{
    try {
        store::Transaction transaction = database.begin(tasks.first().access);
        for (const Task &task : tasks)
            task.work(database);
        if (!tasks.first().isUndone)
            database.commit(transaction);
        return {};
    } catch (const Abort &abort) {
        // Here too, because not every caller waits for what becomes of every write.
        if (abort.isDatabases)
            qCWarning(logStore).noquote() << abort.failure.text;
        return abort.failure;
    }
}

void run(Database &database, const QList<Task> &tasks)
{
    std::optional<Failure> failure = runTogether(database, tasks);
    if (failure && tasks.size() > 1) {
        // One may have failed for its own reason; the others shall not fail with it.
        for (const Task &task : tasks)
            run(database, { task });
        return;
    }
    for (const Task &task : tasks)
        task.finish(failure ? &*failure : nullptr);
}

/// Through the audit log, a few entries at a time: what others want is done in between.
struct AuditWalk
{
    static constexpr int step = 2000;

    explicit AuditWalk(std::shared_ptr<Queue> queue)
        : queue(std::move(queue))
    { }

    static void goOn(const std::shared_ptr<AuditWalk> &walk)
    {
        walk->queue->add(
            { .work = [walk](Database &database) { walk->isMore = database.verifyAudit(walk->check, step); },
              .finish =
                  [walk](const Failure *failure) {
                      if (!failure && walk->isMore)
                          return goOn(walk);
                      walk->promise.addResult(failure ? Result<AuditCheck>(std::unexpected(*failure))
                                                      : Result<AuditCheck>(walk->check));
                      walk->promise.finish();
                  },
              .access = Access::Read });
    }

    std::shared_ptr<Queue> queue;
    AuditCheck check;
    bool isMore = true;
    QPromise<Result<AuditCheck>> promise;
};

/// That one more can be asked for, to see whether there is more.
int bounded(int max)
{
    return std::clamp(max, 0, std::numeric_limits<int>::max() - 1);
}

template<typename T>
struct IsResult : std::false_type
{ };
template<typename T>
struct IsResult<Result<T>> : std::true_type
{ };

} // namespace

struct Store::Private
{
    Private(const Location &location, Use use, const QString &server)
        : location(location)
    {
        QPromise<Result<void>> promise;
        promise.start();
        opened = promise.future();
        thread = std::thread([=, queue = queue, instance = instance, promise = std::move(promise)]() mutable {
            loop({ location, use, server, instance }, *queue, promise);
        });
    }

    ~Private()
    {
        queue->close();
        // The last reference may go in a continuation that runs on the thread itself. What is queued is
        // done all the same.
        if (thread.get_id() == std::this_thread::get_id())
            thread.detach();
        else
            thread.join();
    }

    static void loop(const Database::Settings &settings, Queue &queue, QPromise<Result<void>> &opened)
    {
        try {
            Database database(settings);
            opened.addResult(Result<void>());
            opened.finish();
            for (QList<Task> tasks = queue.take(); !tasks.isEmpty(); tasks = queue.take())
                run(database, tasks);
        } catch (const Abort &abort) {
            opened.addResult(Result<void>(std::unexpected(abort.failure)));
            opened.finish();
        }
    }

    enum class Kind {
        Reads,
        Tries, ///< writes, and undoes that
        Writes,
        WritesLittle,
        Copies, ///< in a transaction of its own
    };
    static Access accessOf(Kind kind)
    {
        if (kind == Kind::Copies)
            return Access::None;
        return kind == Kind::Reads ? Access::Read : Access::Write;
    }
    /// \a work: takes a Database, answers a Result, an ApplyResult, or a value that makes a Result.
    template<typename Work>
    auto post(Kind kind, Work work)
    {
        using Answer = std::invoke_result_t<Work &, Database &>;
        using Value = std::conditional_t<IsResult<Answer>::value || std::is_same_v<Answer, ApplyResult>,
                                         Answer, Result<Answer>>;
        struct Job
        {
            Work work;
            QPromise<Value> promise;
            std::optional<Value> value;
        };
        const auto job = std::make_shared<Job>(std::move(work));
        job->promise.start();
        QFuture<Value> future = job->promise.future();
        queue->add({ .work =
                         [job](Database &database) {
                             if constexpr (std::is_void_v<Answer>) {
                                 job->work(database);
                                 job->value.emplace();
                             } else {
                                 job->value = job->work(database);
                             }
                         },
                     .finish =
                         [job](const Failure *failure) {
                             if (!failure)
                                 job->promise.addResult(*std::move(job->value));
                             else if constexpr (std::is_same_v<Value, ApplyResult>)
                                 job->promise.addResult(ApplyResult(*failure));
                             else
                                 job->promise.addResult(Value(std::unexpected(*failure)));
                             job->promise.finish();
                         },
                     .access = accessOf(kind),
                     .small = kind == Kind::WritesLittle,
                     .isUndone = kind == Kind::Tries });
        return future;
    }

    QFuture<Result<AuditCheck>> verifyAudit()
    {
        const auto walk = std::make_shared<AuditWalk>(queue);
        walk->promise.start();
        QFuture<Result<AuditCheck>> future = walk->promise.future();
        AuditWalk::goOn(walk);
        return future;
    }

    const Location location;
    const QString instance = QUuid::createUuid().toString(
        QUuid::WithoutBraces); ///< tells its news from others'
    const std::shared_ptr<Queue> queue = std::make_shared<Queue>(); ///< the thread's too
    QFuture<Result<void>> opened;
    std::thread thread;
};

Store::Store(const Location &location, Use use, const QString &server)
    : d(std::make_unique<Private>(location, use, server))
{ }

Store::~Store() = default;

QFuture<Result<std::shared_ptr<Store>>> Store::open(const QString &url, Use use, const QString &server)
{
    const Result<Location> location = Location::parse(url);
    if (!location) {
        return QtFuture::makeReadyValueFuture(
            Result<std::shared_ptr<Store>>(std::unexpected(location.error())));
    }
    // Not on the store's own thread, which it must be possible to wait for when opening fails.
    return QtConcurrent::run([location = *location, use, server]() -> Result<std::shared_ptr<Store>> {
        const std::shared_ptr<Store> store(new Store(location, use, server));
        if (const Result<void> opened = store->d->opened.result(); !opened)
            return std::unexpected(opened.error());
        return store;
    });
}

QFuture<Result<StoredState>> Store::load(const Take &take)
{
    return d->post(Private::Kind::Reads, [=](Database &database) { return database.load(take); });
}

QFuture<ApplyResult> Store::apply(const ChangeSet &changeSet, const Actor &actor, const Follow &follow,
                                  const CommitTerms &terms, const std::optional<Known> &known)
{
    return d->post(terms.isTrial ? Private::Kind::Tries : Private::Kind::Writes, [=](Database &database) {
        return database.apply(changeSet, actor, follow, terms, known);
    });
}

QFuture<Result<void>> Store::confirm(const QString &changeSetId, const Actor &actor, const QString &why)
{
    return d->post(Private::Kind::Writes,
                   [=](Database &database) { return database.confirm(changeSetId, actor, why); });
}

QFuture<Result<QList<Change>>> Store::inverseOf(const QString &changeSetId)
{
    return d->post(Private::Kind::Reads, [=](Database &database) { return database.inverseOf(changeSetId); });
}

QFuture<Result<News>> Store::news(const Known &known)
{
    return d->post(Private::Kind::Reads, [=](Database &database) { return database.news(known); });
}

std::shared_ptr<void> Store::watch(QObject *context, const std::function<void()> &changed)
{
    if (d->location.kind != Location::Kind::Postgres)
        return {};
    return std::make_shared<store::Listener>(
        d->location, [=, instance = d->instance](const QString &payload) {
            if (payload != instance)
                QMetaObject::invokeMethod(context, changed, Qt::QueuedConnection);
        });
}

QFuture<Result<Revision>> Store::importNetwork(const Network &network, const Actor &actor)
{
    const auto buffer = std::make_shared<QBuffer>();
    buffer->setData(networkToJson(network));
    buffer->open(QIODevice::ReadOnly);
    const auto reader = std::make_shared<NetworkReader>(*buffer);
    return importNetwork({ .next = [buffer, reader] { return reader->next(); },
                           .digest = [reader] { return reader->digest(); } },
                         actor);
}

QFuture<Result<Revision>> Store::importNetwork(const ImportSource &source, const Actor &actor)
{
    return d->post(Private::Kind::Copies,
                   [=](Database &database) { return database.importNetwork(source, actor); });
}

QFuture<Result<void>> Store::readAll(const Take &take)
{
    return d->post(Private::Kind::Reads,
                   [=](Database &database) { database.readAll(store::ObjectTables::Order::ById, take); });
}

QFuture<Result<Store::ObjectPage>> Store::changes(Revision since, int max, const QString &after)
{
    return d->post(Private::Kind::Reads,
                   [=](Database &database) { return database.changes(since, bounded(max), after); });
}

QFuture<Result<Store::ObjectPage>> Store::list(const Listing &listing, const Window &window)
{
    return d->post(Private::Kind::Reads, [=](Database &database) { return database.list(listing, window); });
}

QFuture<Result<VersionedObject>> Store::object(const ObjectKey &key)
{
    return d->post(Private::Kind::Reads, [=](Database &database) { return database.object(key); });
}

QFuture<Result<Store::RevisionPage>> Store::revisions(Revision since, int max)
{
    return d->post(Private::Kind::Reads,
                   [=](Database &database) { return database.revisions(since, bounded(max)); });
}

QFuture<Result<Store::DeliveryPage>> Store::deliveries(qint64 afterSequence, int max)
{
    return d->post(Private::Kind::Reads,
                   [=](Database &database) { return database.deliveries(afterSequence, bounded(max)); });
}

QFuture<Result<QList<Delivery>>> Store::owedTo(const QStringList &jids, Revision upTo)
{
    return d->post(Private::Kind::WritesLittle,
                   [=](Database &database) { return database.owedTo(jids, upTo); });
}

QFuture<Result<qint64>> Store::updateDeliveries(const QList<Delivery> &deliveries)
{
    return d->post(Private::Kind::WritesLittle,
                   [=](Database &database) { return database.updateDeliveries(deliveries); });
}

QFuture<Result<qint64>> Store::recallDeliveries()
{
    return d->post(Private::Kind::Writes, [](Database &database) { return database.recallDeliveries(); });
}

QFuture<Result<Revision>> Store::noteAskers(const QStringList &jids, const QDateTime &at)
{
    return d->post(Private::Kind::WritesLittle,
                   [=](Database &database) { return database.noteAskers(jids, at); });
}

QFuture<Result<void>> Store::touchAskers(const QHash<QString, QDateTime> &times)
{
    return d->post(Private::Kind::WritesLittle, [=](Database &database) { database.touchAskers(times); });
}

QFuture<Result<void>> Store::addToken(const Token &token, const QList<QByteArray> &gone)
{
    return d->post(Private::Kind::WritesLittle, [=](Database &database) {
        database.removeTokens(gone);
        database.addToken(token);
    });
}

QFuture<Result<void>> Store::setTokenUser(const QByteArray &hash, const QString &user)
{
    return d->post(Private::Kind::WritesLittle,
                   [=](Database &database) { database.setTokenUser(hash, user); });
}

QFuture<Result<void>> Store::touchTokens(const QHash<QByteArray, QDateTime> &times)
{
    return d->post(Private::Kind::WritesLittle, [=](Database &database) { database.touchTokens(times); });
}

QFuture<Result<void>> Store::removeTokens(const QList<QByteArray> &hashes)
{
    return d->post(Private::Kind::WritesLittle, [=](Database &database) { database.removeTokens(hashes); });
}

QFuture<Result<void>> Store::auditRefusal(const Actor &actor, const QString &operation,
                                          const Failure &failure)
{
    return d->post(Private::Kind::WritesLittle,
                   [=](Database &database) { database.auditRefusal(actor, operation, failure); });
}

QFuture<Result<Store::AuditPage>> Store::history(const AuditFilter &filter, const Window &window)
{
    return d->post(Private::Kind::Reads,
                   [=](Database &database) { return database.history(filter, window); });
}

QFuture<Result<void>> Store::backup(const QString &path)
{
    return d->post(Private::Kind::Copies, [=](Database &database) { database.backup(path); });
}

QFuture<Result<Revision>> Store::restore(const QString &path, const Actor &actor)
{
    return d->post(Private::Kind::Writes, [=](Database &database) { return database.restore(path, actor); });
}

QFuture<Result<AuditCheck>> Store::verifyAudit()
{
    return d->verifyAudit();
}

} // namespace castellan
