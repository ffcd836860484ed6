// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/replica.h"

#include <QStandardPaths>

namespace castellan::replica {

using namespace Qt::StringLiterals;

struct Replica::Private
{
    Account account;
    ChangeDraft *draft = nullptr;
};

Replica::Replica(const Account &account, const QString &, QObject *parent)
    : QObject(parent),
      d(new Private { .account = account, .draft = new ChangeDraft(*this) })
{ }

Replica::~Replica()
{
    delete d->draft;
}

QString Replica::defaultFolder()
{
    return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation);
}
const Account &Replica::account() const
{
    return d->account;
}
Replica::State Replica::state() const
{
    return State::Offline;
}
std::optional<Failure> Replica::failure() const
{
    return {};
}
std::optional<wire::admin::Capabilities> Replica::capabilities() const
{
    return {};
}
Revision Replica::revision() const
{
    return 0;
}
double Replica::progress() const
{
    return 0;
}
void Replica::retry() { }
ChangeDraft &Replica::draft() const
{
    return *d->draft;
}

template<typename T>
static QFuture<Result<T>> nothing()
{
    return QtFuture::makeReadyValueFuture(
        Result<T>(fail(FailureKind::FeatureNotImplemented, u"Not there yet"_s)));
}

QFuture<Result<Page<ThingRow>>> Replica::things(const ThingQuery &) const
{
    return nothing<Page<ThingRow>>();
}
QFuture<Result<ThingPortrait>> Replica::thing(const QString &) const
{
    return nothing<ThingPortrait>();
}
QFuture<Result<Page<FriendRow>>> Replica::friends(const FriendQuery &) const
{
    return nothing<Page<FriendRow>>();
}
QFuture<Result<Page<RuleRow>>> Replica::rules(const RuleQuery &) const
{
    return nothing<Page<RuleRow>>();
}
QFuture<Result<Page<PushRow>>> Replica::pushes(int, const Cursor &) const
{
    return nothing<Page<PushRow>>();
}
QFuture<Result<Page<DeliveryRow>>> Replica::deliveries(Revision, int, const Cursor &) const
{
    return nothing<Page<DeliveryRow>>();
}
QFuture<Result<Page<WordRow>>> Replica::words(const WordQuery &) const
{
    return nothing<Page<WordRow>>();
}
QFuture<Result<GraphRows>> Replica::graph(const GraphQuery &) const
{
    return nothing<GraphRows>();
}
QFuture<Result<Counts>> Replica::counts() const
{
    return nothing<Counts>();
}
QFuture<Result<QList<VersionedObject>>> Replica::objects(const QList<ObjectKey> &) const
{
    return nothing<QList<VersionedObject>>();
}
QFuture<Result<QList<Change>>> Replica::changes(const DraftState &) const
{
    return nothing<QList<Change>>();
}

} // namespace castellan::replica
