// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/jid.h"
#include "wire/admin.h"

#include <QDateTime>
#include <QHash>
#include <QObject>
#include <QSet>

#include <set>

namespace castellan::server {

/// Who is there, under which full JID, and who has ever asked. Lives on the service's thread.
///
/// Where the transport does not see presence, whoever sends something counts as there until an error
/// stanza says otherwise.
class Contacts : public QObject
{
    Q_OBJECT
public:
    /// \a askers: as the store remembers them, those in \a elsewhere as another server's. \a limit: most
    /// addresses kept besides those that have asked.
    Contacts(const QHash<QString, QDateTime> &askers, const QSet<QString> &elsewhere, int limit,
             QObject *parent = nullptr);

    /// A stanza or presence came from \a from. Bare JIDs of accounts are no address to answer to and are
    /// passed over; a bare domain (another component) is.
    void seen(const Jid &from);
    void gone(const Jid &full);

    /// The full JID heard from last that is still there; empty: offline.
    [[nodiscard]] QString address(const QString &bare) const;
    [[nodiscard]] bool isThere(const QString &full) const;

    /// Statements 8 and 24.
    [[nodiscard]] bool hasAsked(const QString &bare) const { return m_askers.contains(bare); }
    [[nodiscard]] const QSet<QString> &askers() const { return m_askers; }
    void asked(const QString &bare, const QDateTime &at);
    /// Who asked another server last is told by that one.
    [[nodiscard]] bool isElsewhere(const QString &bare) const { return m_elsewhere.contains(bare); }
    void setElsewhere(const QString &bare, bool isElsewhere);
    /// Those whose last-asked times are newer than what was taken before.
    [[nodiscard]] QHash<QString, QDateTime> takeAskedTimes();

    /// What Deliveries remembers of a thing for which something is open in the store and not on its way.
    enum class Owed : quint8 {
        Nothing,
        Waiting,
        Queued, ///< it is there, and is about to get it
    };
    [[nodiscard]] Owed owed(const QString &bare) const;
    void setOwed(const QString &bare, Owed owed);
    /// All those who are owed something.
    [[nodiscard]] QStringList owed() const;

    [[nodiscard]] wire::admin::ThingStatus status(const QString &bare) const;
    [[nodiscard]] wire::admin::Statuses statuses(const QString &after, int max) const;

Q_SIGNALS:
    /// A sign of life: address() is where it is now.
    void heard(const QString &bare);
    void disappeared(const QString &bare, const QString &full);
    /// Its status is worth telling: presence always, times at most every few seconds.
    void statusChanged(const QString &bare);

private:
    struct Contact
    {
        QStringList there; ///< full JIDs; the one heard from last is last
        QDateTime lastSeen;
        QDateTime lastAsked;
        QDateTime told; ///< when statusChanged was emitted last
        Owed owed = Owed::Nothing;
        bool isAskedTimeNew = false; ///< it is in m_newAskedTimes
    };
    bool forgetOne();
    void tell(const QString &bare, Contact &contact, const QDateTime &now, bool always);
    QHash<QString, Contact>::iterator add(const QString &bare);

    QHash<QString, Contact> m_contacts;
    std::set<QString> m_order; ///< of all contacts, for paging
    QSet<QString> m_forgettable; ///< neither there nor ever asked
    QSet<QString> m_askers;
    QSet<QString> m_elsewhere; ///< of them
    QStringList m_newAskedTimes;
    int m_limit;
};

} // namespace castellan::server
