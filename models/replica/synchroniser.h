// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "replica/connection.h"
#include "replica/database.h"
#include "replica/rows.h"

#include <QObject>
#include <QTimer>

namespace castellan::replica {

/// Keeps the local copy like the server: fills it, follows the server's events, notices when the server is
/// not the one it was. Lives on the thread of network and writing, and owns both.
class Synchroniser : public QObject
{
    Q_OBJECT

public:
    explicit Synchroniser(const QString &path);

    [[nodiscard]] Result<Database *> database();
    void start(const Account &account);
    void retry();
    /// Ends the connection until retry(); what has come so far is kept.
    void cancel();
    /// Replaces the damaged file, which nobody else may have open, and fills the new one.
    void heal();
    /// Fetches what the server has beyond the copy.
    void synchronise();
    /// A request that is not answered ends the connection: what became of it, the next one will tell.
    [[nodiscard]] QFuture<RequestResult> request(const wire::admin::Request &request);

Q_SIGNALS:
    void connecting();
    void synchronising();
    void online();
    void lost(const castellan::Failure &why);
    void untrusted(const QList<castellan::replica::PeerCertificate> &chain);
    void refused(const castellan::Failure &why);
    void cancelled(const castellan::Failure &why);
    /// The file is of no use any more: see heal().
    void damaged();
    void capabilitiesChanged(const castellan::wire::admin::Capabilities &capabilities);
    void revisionChanged(castellan::Revision revision);
    void unconfirmedChanged(const QList<castellan::RevisionInfo> &unconfirmed);
    /// Of the transfer under way, 0 to 1.
    void progressChanged(double progress);
    void changed(castellan::replica::Parts parts);

private:
    /// Calls \a then with the response, unless the connection it came by is gone.
    template<typename Response, typename Then>
    void ask(const wire::admin::Request &request, Then then);
    void greet();
    void subscribe();
    void fetch();
    void fetchObjects();
    void fetchDeliveries();
    void fetchRevisions();
    void fetchStatuses(const QString &after);
    /// What is left to do once everything has come for the first time
    void finishFilling();
    void complete();
    void startOver(const QString &epoch);
    void handleEvent(const wire::admin::Event &event);
    void tell(Parts parts);
    /// False: the copy cannot be written, and the connection is of no use any more.
    [[nodiscard]] bool saved(const Result<void> &result);

    const QString m_path;
    Account m_account;
    AdminConnection m_connection;
    Result<std::unique_ptr<Database>> m_database;
    Database::Progress m_progress;
    QTimer m_renewal; ///< of the subscription
    quint64 m_session = 0; ///< counts connections
    bool m_fetching = false;
    bool m_again = false; ///< there is more since the fetch began
    bool m_greeted = false; ///< false until everything was fetched once by this connection
    bool m_cancelled = false;
    bool m_finishing = false;
    Parts m_untold; ///< changed, and told together with what changes next
    QTimer m_teller;
};

} // namespace castellan::replica
