// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/profiles.h"

#include "replica/replica.h"

#include <QCoreApplication>
#include <QDir>
#include <QDirIterator>
#include <QLockFile>
#include <QPromise>
#include <QSettings>
#include <qt6keychain/keychain.h>

#include <algorithm>
#include <memory>

namespace castellan::replica {

using namespace Qt::StringLiterals;

namespace {

struct Text
{
    Q_DECLARE_TR_FUNCTIONS(castellan::replica)
};

/// What passwords are filed under.
const QString service = u"castellan"_s;

template<typename Value>
struct Key
{
    QLatin1StringView name;
    Value Profile::*value;
};
constexpr std::array keys { Key { "name"_L1, &Profile::name },       Key { "jid"_L1, &Profile::jid },
                            Key { "address"_L1, &Profile::address }, Key { "server"_L1, &Profile::server },
                            Key { "colour"_L1, &Profile::colour },   Key { "pin"_L1, &Profile::pin } };

Result<void> written(QSettings &settings)
{
    settings.sync();
    if (settings.status() == QSettings::NoError)
        return {};
    return fail(FailureKind::InternalServerError,
                Text::tr("The settings cannot be written to %1. Check that the file can be changed",
                         "%1 is a file name")
                    .arg(settings.fileName()));
}

Failure keychainFailure(const QKeychain::Job &job)
{
    switch (job.error()) {
    case QKeychain::EntryNotFound:
        return { FailureKind::ItemNotFound,
                 Text::tr("No password is kept for this server", "in the keychain") };
    case QKeychain::AccessDeniedByUser:
    case QKeychain::AccessDenied:
        return { FailureKind::Forbidden,
                 Text::tr("The system's keychain was not unlocked: the password is asked for instead") };
    default:
        return {
            FailureKind::ServiceUnavailable,
            Text::tr("The system's keychain cannot be used (%1). Passwords are not kept, but asked for at "
                     "each start",
                     "%1 is an error message")
                .arg(job.errorString())
        };
    }
}

/// Runs a job of the keychain; \a read takes the answer out of it.
template<typename Value, typename Job, typename Read>
QFuture<Result<Value>> run(Job *job, const QString &profileId, Read read)
{
    auto promise = std::make_shared<QPromise<Result<Value>>>();
    promise->start();
    job->setKey(profileId);
    job->setInsecureFallback(false); // rather none than one in a file
    QObject::connect(job, &QKeychain::Job::finished, job, [job, promise, read] {
        if (job->error() == QKeychain::NoError)
            promise->addResult(read(*job));
        else
            promise->addResult(std::unexpected(keychainFailure(*job)));
        promise->finish();
    });
    job->start();
    return promise->future();
}

/// Unless a console works in it.
Result<void> removeFolder(const QString &path)
{
    for (QDirIterator locks(path, { u"*.lock"_s }, QDir::Files); locks.hasNext();) {
        QLockFile lock(locks.next());
        lock.setStaleLockTime(0);
        if (!lock.tryLock()) {
            return fail(FailureKind::Conflict,
                        Text::tr("The local copy in %1 is in use by another console and was kept",
                                 "%1 is a folder")
                            .arg(path));
        }
    }
    if (QDir(path).removeRecursively())
        return {};
    return fail(FailureKind::InternalServerError,
                Text::tr("The local copy in %1 could not be removed. Remove the folder by hand",
                         "%1 is a folder")
                    .arg(path));
}

} // namespace

QList<Profile> readProfiles()
{
    QSettings settings;
    settings.beginGroup("profiles"_L1);
    QList<Profile> profiles;
    const QStringList ids = settings.childGroups();
    for (const QString &id : ids) {
        settings.beginGroup(id);
        Profile profile { .id = id };
        for (const auto &key : keys)
            profile.*key.value = settings.value(key.name).toString();
        settings.endGroup();
        profiles.append(profile);
    }
    std::ranges::sort(profiles, [](const Profile &one, const Profile &other) {
        const int order = QString::localeAwareCompare(one.name, other.name);
        return order < 0 || (order == 0 && one.id < other.id);
    });
    return profiles;
}

Result<void> writeProfile(const Profile &profile)
{
    QSettings settings;
    settings.beginGroup(u"profiles/"_s + profile.id);
    for (const auto &key : keys)
        settings.setValue(key.name, profile.*key.value);
    return written(settings);
}

QFuture<Result<void>> removeProfile(const QString &id)
{
    QSettings settings;
    settings.remove(u"profiles/"_s + id);
    Result<void> removed = written(settings).and_then([&] { return removeFolder(profileFolder(id)); });
    return forgetPassword(id).then([removed](const Result<void> &forgotten) {
        // Where there is no keychain, there is no password in it.
        const bool left = !forgotten && forgotten.error().kind == FailureKind::Forbidden;
        return removed && left ? forgotten : removed;
    });
}

QString lastProfile()
{
    return QSettings().value("lastProfile"_L1).toString();
}

void setLastProfile(const QString &id)
{
    QSettings().setValue("lastProfile"_L1, id);
}

QString profileFolder(const QString &id)
{
    return Replica::defaultFolder() + u'/' + id;
}

QFuture<Result<QString>> readPassword(const QString &profileId)
{
    return run<QString>(new QKeychain::ReadPasswordJob(service), profileId,
                        [](const QKeychain::ReadPasswordJob &job) { return job.textData(); });
}

QFuture<Result<void>> storePassword(const QString &profileId, const QString &password)
{
    auto *job = new QKeychain::WritePasswordJob(service);
    job->setTextData(password);
    return run<void>(job, profileId, [](const auto &) { return Result<void>(); });
}

QFuture<Result<void>> forgetPassword(const QString &profileId)
{
    return run<void>(new QKeychain::DeletePasswordJob(service), profileId,
                     [](const auto &) { return Result<void>(); });
}

} // namespace castellan::replica
