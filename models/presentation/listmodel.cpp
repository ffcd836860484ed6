// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/listmodel.h"

#include "presentation/rows.h"

#include <QTimerEvent>

#include <algorithm>
#include <chrono>

namespace castellan::presentation {

using namespace std::chrono_literals;

/// A burst of events is one reading; shorter than anybody notices.
static constexpr auto settleTime = 20ms;

ListModel::ListModel(replica::Parts parts, Follow follow, const QList<QByteArray> &roles, QObject *parent)
    : QAbstractListModel(parent),
      m_parts(parts),
      m_follow(follow)
{
    for (qsizetype i = 0; i < roles.size(); ++i)
        m_roleNames.insert(Qt::UserRole + int(i), roles.at(i));
    connect(this, &QAbstractItemModel::rowsInserted, this, &ListModel::countChanged);
    connect(this, &QAbstractItemModel::rowsRemoved, this, &ListModel::countChanged);
    connect(this, &QAbstractItemModel::modelReset, this, &ListModel::countChanged);
}

qint64 ListModel::total() const
{
    return m_rows->total();
}

bool ListModel::hasMore() const
{
    return m_rows->hasMore();
}

void ListModel::setFirst(qint64 first)
{
    first = std::clamp<qint64>(first, 0, std::max<qint64>(0, total() - 1));
    if (first == m_first)
        return;
    beginResetModel();
    m_first = first;
    endResetModel();
    Q_EMIT firstChanged();
}

void ListModel::setSession(Session *session)
{
    if (session == m_session)
        return;
    if (m_session)
        m_session->disconnect(this);
    m_session = session;
    if (m_session)
        connect(m_session, &Session::replicaChanged, this, &ListModel::follow);
    follow();
}

void ListModel::componentComplete()
{
    m_complete = true;
    if (!m_session)
        setSession(Session::of(this));
    restart();
}

int ListModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(std::clamp<qint64>(m_rows->total() - m_first, 0, stretch));
}

QVariant ListModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid)
        || !m_roleNames.contains(role))
        return {};
    return m_rows->value(m_first + index.row(), role);
}

void ListModel::restart()
{
    if (!m_complete || !m_session || !m_session->replica())
        return;
    m_restarted = true;
    m_timer.start(0ms, this);
}

void ListModel::invalidate()
{
    // Not while an answer is on its way: under steady changes none would ever arrive in time.
    if (m_loading)
        m_outdated = true;
    else if (m_complete && !m_timer.isActive())
        m_timer.start(settleTime, this);
}

void ListModel::readSoon()
{
    if (!m_loading)
        m_timer.start(0ms, this);
}

void ListModel::timerEvent(QTimerEvent *event)
{
    if (event->id() != Qt::TimerId(m_timer.id()))
        return;
    m_timer.stop();
    read();
}

void ListModel::read()
{
    if (!m_session || !m_session->replica())
        return;
    ++m_generation;
    m_outdated = false;
    setLoading(true);
    m_rows->read(*m_session->replica());
}

void ListModel::arrived()
{
    setLoading(false);
    if (m_rows->isMissing())
        readSoon();
    else if (m_outdated)
        invalidate();
    else if (m_rows->hasMore() && m_session && m_session->replica())
        m_rows->countOn(*m_session->replica());
}

void ListModel::follow()
{
    m_timer.stop();
    ++m_generation;
    setLoading(false);
    if (m_rows->total() > 0)
        m_rows->clear();
    auto *replica = m_session ? m_session->replica() : nullptr;
    if (!replica)
        return;
    connect(replica, &replica::Replica::changed, this, [this](replica::Parts parts) {
        if (parts & m_parts)
            invalidate();
    });
    if (m_follow == Follow::ServerAndDraft)
        connect(&replica->draft(), &replica::ChangeDraft::changed, this, &ListModel::invalidate);
    restart();
}

void ListModel::setLoading(bool loading)
{
    if (std::exchange(m_loading, loading) != loading)
        Q_EMIT loadingChanged();
}

} // namespace castellan::presentation
