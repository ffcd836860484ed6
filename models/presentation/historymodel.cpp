// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/historymodel.h"

#include <QJsonDocument>
#include <QLocale>

#include <algorithm>

namespace castellan::presentation {

using namespace Qt::StringLiterals;

namespace {

constexpr int pageSize = 100;
const QString done = u"done"_s;

/// For people to read; what is no JSON is shown as it is.
QString indented(const QString &json)
{
    const QJsonDocument document = QJsonDocument::fromJson(json.toUtf8());
    return document.isNull() ? json : QString::fromUtf8(document.toJson(QJsonDocument::Indented)).trimmed();
}

} // namespace

HistoryModel::HistoryModel(QObject *parent)
    : QAbstractListModel(parent)
{ }

void HistoryModel::setBy(const QString &by)
{
    if (std::exchange(m_filter.by, by.trimmed()) == by.trimmed())
        return;
    Q_EMIT filterChanged();
    refresh();
}

void HistoryModel::setOperation(const QString &operation)
{
    if (std::exchange(m_filter.operation, operation) == operation)
        return;
    Q_EMIT filterChanged();
    refresh();
}

void HistoryModel::setHours(int hours)
{
    if (std::exchange(m_hours, hours) == hours)
        return;
    Q_EMIT filterChanged();
    refresh();
}

void HistoryModel::setSession(Session *session)
{
    if (session == m_session)
        return;
    if (m_session)
        m_session->disconnect(this);
    m_session = session;
    if (m_session) {
        connect(m_session, &Session::replicaChanged, this, &HistoryModel::follow);
        connect(m_session, &Session::revisionChanged, this, &HistoryModel::refresh);
        // What could not be asked without a connection
        connect(m_session, &Session::stateChanged, this, [this] {
            if (m_session->state() == Session::Online && !m_error.isEmpty())
                refresh();
        });
    }
    follow();
}

void HistoryModel::componentComplete()
{
    m_complete = true;
    if (!m_session)
        setSession(Session::of(this));
    else
        refresh();
}

void HistoryModel::follow()
{
    beginResetModel();
    m_entries.clear();
    m_found = -1;
    m_atEnd = true;
    endResetModel();
    Q_EMIT countChanged();
    setVerification(NotVerified, {});
    refresh();
}

void HistoryModel::refresh()
{
    if (!m_complete)
        return;
    m_restarted = true;
    m_before.clear();
    read();
}

void HistoryModel::read()
{
    const quint64 generation = ++m_generation;
    auto *replica = m_session ? m_session->replica() : nullptr;
    if (!replica)
        return;
    m_loading = true;
    m_error.clear();
    Q_EMIT loadingChanged();
    AuditFilter filter = m_filter;
    if (m_hours > 0)
        filter.from = QDateTime::currentDateTimeUtc().addSecs(-3600 * qint64(m_hours));
    replica->history(filter, m_before, pageSize)
        .then(this, [this, generation](Result<wire::admin::History> page) {
            if (generation != m_generation)
                return;
            m_loading = false;
            if (page)
                take(std::move(*page), std::exchange(m_restarted, false));
            else
                m_error = page.error().text;
            Q_EMIT loadingChanged();
        });
}

void HistoryModel::take(wire::admin::History &&page, bool first)
{
    std::ranges::reverse(page.entries);
    m_before = page.page.first;
    m_atEnd = page.page.complete || page.entries.isEmpty();
    m_found = page.page.count.value_or(m_found);
    if (first) {
        beginResetModel();
        m_entries = std::move(page.entries);
        endResetModel();
    } else if (!page.entries.isEmpty()) {
        beginInsertRows({}, count(), int(count() + page.entries.size()) - 1);
        m_entries += page.entries;
        endInsertRows();
    }
    Q_EMIT countChanged();
}

void HistoryModel::verify()
{
    auto *replica = m_session ? m_session->replica() : nullptr;
    if (!replica || m_verification == Verifying)
        return;
    setVerification(Verifying, {});
    replica->verify().then(this, [this, asked = replica](const Result<wire::admin::Verified> &verified) {
        if (!m_session || asked != m_session->replica())
            return;
        if (!verified)
            return setVerification(Failed, verified.error().text);
        if (verified->firstBroken) {
            return setVerification(
                Broken,
                tr("Entry %1 does not fit: %2. It, or one before it, was changed, removed or "
                   "moved by hand",
                   "%1 is a number, %2 what is wrong with it")
                    .arg(QLocale().toString(*verified->firstBroken), verified->fault),
                verified->head);
        }
        setVerification(Intact, tr("All %n entries fit together", "", int(verified->entries)),
                        verified->head);
    });
}

void HistoryModel::setVerification(Verification verification, const QString &verified, const QString &head)
{
    m_verification = verification;
    m_verified = verified;
    m_head = head;
    Q_EMIT verificationChanged();
}

int HistoryModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : count();
}

QVariant HistoryModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const AuditRecord &entry = m_entries.at(index.row());
    switch (role) {
    case AtRole:
        return entry.at;
    case ByRole:
        return entry.by;
    case OperationRole:
        return entry.operation;
    case ObjectTypeRole:
        return entry.objectType;
    case ObjectIdRole:
        return entry.objectId;
    case RevisionRole:
        return entry.revision;
    case WhyRole:
        return entry.why;
    case BeforeRole:
        return indented(entry.before);
    case AfterRole:
        return indented(entry.after);
    case ResultRole:
        return entry.result;
    case DoneRole:
        return entry.result == done;
    case NumberRole:
        return entry.id;
    case HashRole:
        return entry.hash;
    default:
        return {};
    }
}

QHash<int, QByteArray> HistoryModel::roleNames() const
{
    return { { AtRole, "at" },
             { ByRole, "by" },
             { OperationRole, "operation" },
             { ObjectTypeRole, "objectType" },
             { ObjectIdRole, "objectId" },
             { RevisionRole, "revision" },
             { WhyRole, "why" },
             { BeforeRole, "before" },
             { AfterRole, "after" },
             { ResultRole, "result" },
             { DoneRole, "done" },
             { NumberRole, "number" },
             { HashRole, "hash" } };
}

bool HistoryModel::canFetchMore(const QModelIndex &parent) const
{
    return !parent.isValid() && !m_atEnd && !m_loading && m_error.isEmpty();
}

void HistoryModel::fetchMore(const QModelIndex &parent)
{
    if (canFetchMore(parent))
        read();
}

} // namespace castellan::presentation
