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

/// What the lists of this module share: they read rows from the session's local copy, which answers
/// later, and read again when it, or what they ask for, has changed.
///
/// Views address their rows in pixels with single precision, which is exact up to some 500 000 rows only. So
/// the model shows a stretch of at most `stretch` rows of its list, which begins at `first`; whoever scrolls
/// sets that. Of these it keeps those that were looked at last; data of others is empty until they have been
/// read.
class ListModel : public QAbstractListModel, public QQmlParserStatus
{
    Q_OBJECT
    QML_ANONYMOUS
    Q_INTERFACES(QQmlParserStatus)
    /// Rows of the stretch.
    Q_PROPERTY(int count READ count NOTIFY countChanged)
    /// Rows of the list.
    Q_PROPERTY(qint64 total READ total NOTIFY totalChanged)
    /// The list is longer than total; how long, is counted meanwhile, or when somebody scrolls there.
    Q_PROPERTY(bool more READ hasMore NOTIFY totalChanged)
    /// The row of the list that is the model's first.
    Q_PROPERTY(qint64 first READ first WRITE setFirst NOTIFY firstChanged)
    Q_PROPERTY(int stretch READ stretchLength CONSTANT)
    /// An answer is on its way.
    Q_PROPERTY(bool loading READ isLoading NOTIFY loadingChanged)

public:
    [[nodiscard]] int count() const { return rowCount({}); }
    [[nodiscard]] qint64 total() const;
    [[nodiscard]] bool hasMore() const;
    [[nodiscard]] qint64 first() const { return m_first; }
    void setFirst(qint64 first);
    [[nodiscard]] static int stretchLength() { return stretch; }
    [[nodiscard]] bool isLoading() const { return m_loading; }
    [[nodiscard]] Session *session() const { return m_session; }
    /// QML finds the session of its engine on its own.
    void setSession(Session *session);

    [[nodiscard]] int rowCount(const QModelIndex &parent) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override { return m_roleNames; }

    void classBegin() override { m_complete = false; }
    void componentComplete() override;

Q_SIGNALS:
    void countChanged();
    void totalChanged();
    void firstChanged();
    void loadingChanged();

protected:
    enum class Follow {
        Server,
        ServerAndDraft,
    };
    static constexpr int stretch = 10'000;

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
    /// Rows are missing.
    void readSoon();
    void read();
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
    qint64 m_first = 0;
    quint64 m_generation = 0; ///< answers to earlier questions are void
};

} // namespace castellan::presentation
