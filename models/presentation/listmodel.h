// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "presentation/session.h"

#include <QAbstractListModel>
#include <QBasicTimer>
#include <QPointer>
#include <QQmlEngine>
#include <QQmlParserStatus>

namespace castellan::presentation {

class AbstractRows;

/// What the lists of this module share: they read pages from the session's local copy, which answers
/// later, and read again when it, or what they ask for, has changed.
class ListModel : public QAbstractListModel, public QQmlParserStatus
{
    Q_OBJECT
    QML_ANONYMOUS
    Q_INTERFACES(QQmlParserStatus)
    /// Rows read so far; more come with fetchMore().
    Q_PROPERTY(int count READ count NOTIFY countChanged)
    /// Rows that fit, read or not.
    Q_PROPERTY(qint64 total READ total NOTIFY totalChanged)
    /// An answer is on its way.
    Q_PROPERTY(bool loading READ isLoading NOTIFY loadingChanged)

public:
    [[nodiscard]] int count() const { return rowCount({}); }
    [[nodiscard]] qint64 total() const;
    [[nodiscard]] bool isLoading() const { return m_loading; }
    [[nodiscard]] Session *session() const { return m_session; }
    /// QML finds the session of its engine on its own.
    void setSession(Session *session);

    [[nodiscard]] int rowCount(const QModelIndex &parent) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override { return m_roleNames; }
    [[nodiscard]] bool canFetchMore(const QModelIndex &parent) const override;
    void fetchMore(const QModelIndex &parent) override;

    void classBegin() override { m_complete = false; }
    void componentComplete() override;

Q_SIGNALS:
    void countChanged();
    void totalChanged();
    void loadingChanged();

protected:
    enum class Follow {
        Server,
        ServerAndDraft,
    };
    /// \a parts: what makes another reading necessary. \a roles are numbered from Qt::UserRole.
    ListModel(replica::Parts parts, Follow follow, const QList<QByteArray> &roles, QObject *parent);

    /// Something else is asked for: read it, and show it instead of what was there.
    void restart();
    void timerEvent(QTimerEvent *event) override;

private:
    friend class AbstractRows;
    template<typename Row>
    friend class Rows;

    void invalidate();
    void follow();
    void read(bool more);
    void arrived();
    void setLoading(bool loading);

    const replica::Parts m_parts;
    const Follow m_follow;
    QHash<int, QByteArray> m_roleNames;
    AbstractRows *m_rows = nullptr;
    QPointer<Session> m_session;
    QBasicTimer m_timer;
    bool m_complete = true; ///< false while QML sets properties
    bool m_loading = false;
    bool m_outdated = false; ///< what is on its way will not be the newest any more
    bool m_restarted = false; ///< the rows that come next replace those shown
    quint64 m_generation = 0; ///< answers to earlier questions are void
};

} // namespace castellan::presentation
