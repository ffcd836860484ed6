// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "presentation/session.h"

#include <QAbstractListModel>
#include <QPointer>
#include <QQmlEngine>
#include <QQmlParserStatus>

namespace castellan::presentation {

/// The server's audit log, newest first. It is not copied: pages are asked for as somebody scrolls, and all
/// anew when the filter or the server's revision changes.
class HistoryModel : public QAbstractListModel, public QQmlParserStatus
{
    Q_OBJECT
    QML_ELEMENT
    Q_INTERFACES(QQmlParserStatus)
    /// Bare JID: only what this one did; "": whoever.
    Q_PROPERTY(QString by READ by WRITE setBy NOTIFY filterChanged)
    /// `put`, `remove`, `contain`, …; "": whatever.
    Q_PROPERTY(QString operation READ operation WRITE setOperation NOTIFY filterChanged)
    /// Only the last so many hours; 0: from the beginning.
    Q_PROPERTY(int hours READ hours WRITE setHours NOTIFY filterChanged)
    Q_PROPERTY(int count READ count NOTIFY countChanged)
    /// Entries that pass the filter, as far as the server says; -1: it has not yet.
    Q_PROPERTY(int found READ found NOTIFY countChanged)
    Q_PROPERTY(bool loading READ isLoading NOTIFY loadingChanged)
    /// Why there is nothing, or not more; "".
    Q_PROPERTY(QString error READ error NOTIFY loadingChanged)
    Q_PROPERTY(Verification verification READ verification NOTIFY verificationChanged)
    /// What verify() has found, in words.
    Q_PROPERTY(QString verified READ verified NOTIFY verificationChanged)
    /// The hash of the last entry that fits: written down elsewhere, it shows later what was there today.
    Q_PROPERTY(QString head READ head NOTIFY verificationChanged)

public:
    enum Role {
        AtRole = Qt::UserRole, ///< QDateTime
        ByRole, ///< full JID
        OperationRole,
        ObjectTypeRole, ///< as on the wire, or ""
        ObjectIdRole,
        RevisionRole, ///< qint64 that came of it, 0: none
        WhyRole,
        BeforeRole, ///< the object as indented JSON, or ""
        AfterRole,
        ResultRole, ///< "done", or why not
        DoneRole, ///< bool
        NumberRole, ///< qint64: of the entry, from 1
        HashRole,
    };
    Q_ENUM(Role)
    enum Verification {
        NotVerified,
        Verifying,
        Intact,
        Broken,
        Failed, ///< it could not be found out
    };
    Q_ENUM(Verification)

    explicit HistoryModel(QObject *parent = nullptr);

    [[nodiscard]] QString by() const { return m_filter.by; }
    void setBy(const QString &by);
    [[nodiscard]] QString operation() const { return m_filter.operation; }
    void setOperation(const QString &operation);
    [[nodiscard]] int hours() const { return m_hours; }
    void setHours(int hours);
    [[nodiscard]] int count() const { return int(m_entries.size()); }
    [[nodiscard]] int found() const { return m_found; }
    [[nodiscard]] bool isLoading() const { return m_loading; }
    [[nodiscard]] QString error() const { return m_error; }
    [[nodiscard]] Verification verification() const { return m_verification; }
    [[nodiscard]] QString verified() const { return m_verified; }
    [[nodiscard]] QString head() const { return m_head; }

    /// Has the server walk the chain of its log.
    Q_INVOKABLE void verify();
    /// Asks again.
    Q_INVOKABLE void refresh();

    [[nodiscard]] int rowCount(const QModelIndex &parent) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;
    [[nodiscard]] bool canFetchMore(const QModelIndex &parent) const override;
    void fetchMore(const QModelIndex &parent) override;

    /// QML finds the session of its engine on its own.
    void setSession(Session *session);
    void classBegin() override { m_complete = false; }
    void componentComplete() override;

Q_SIGNALS:
    void filterChanged();
    void countChanged();
    void loadingChanged();
    void verificationChanged();

private:
    void follow();
    void read();
    void take(wire::admin::History &&page, bool first);
    void setVerification(Verification verification, const QString &verified, const QString &head = {});

    QPointer<Session> m_session;
    AuditFilter m_filter;
    int m_hours = 0;
    QList<AuditRecord> m_entries; ///< newest first
    QString m_before; ///< where the next page ends
    int m_found = -1;
    bool m_complete = true; ///< false while QML sets properties
    bool m_loading = false;
    bool m_atEnd = true;
    bool m_restarted = false; ///< what comes next replaces what is shown
    QString m_error;
    Verification m_verification = NotVerified;
    QString m_verified;
    QString m_head;
    quint64 m_generation = 0; ///< answers to earlier questions are void
};

} // namespace castellan::presentation
