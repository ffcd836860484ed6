// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "replica/replica.h"

#include <QDateTime>
#include <QObject>
#include <QQmlEngine>

#include <memory>

namespace castellan::presentation {

class Draft;
class Profiles;

/// One of the certificates that a host has shown and that is not trusted.
class CertificateInfo
{
    Q_GADGET
    QML_VALUE_TYPE(certificateInfo)
    Q_PROPERTY(QString subject MEMBER subject)
    Q_PROPERTY(QString issuer MEMBER issuer)
    Q_PROPERTY(QDateTime notBefore MEMBER notBefore)
    Q_PROPERTY(QDateTime notAfter MEMBER notAfter)
    /// SHA-256 in pairs of digits
    Q_PROPERTY(QString thumbprint MEMBER thumbprint)
    Q_PROPERTY(QStringList problems MEMBER problems)

public:
    QString subject;
    QString issuer;
    QDateTime notBefore;
    QDateTime notAfter;
    QString thumbprint;
    QStringList problems;

    friend bool operator==(const CertificateInfo &, const CertificateInfo &) = default;
};

/// A push that the server undoes by itself unless somebody confirms it.
class UnconfirmedPush
{
    Q_GADGET
    QML_VALUE_TYPE(unconfirmedPush)
    Q_PROPERTY(QString changeSetId MEMBER changeSetId)
    Q_PROPERTY(QString title MEMBER title)
    /// Bare JID of who pushed it
    Q_PROPERTY(QString by MEMBER by)
    Q_PROPERTY(QDateTime confirmBy MEMBER confirmBy)

public:
    QString changeSetId;
    QString title;
    QString by;
    QDateTime confirmBy;

    friend bool operator==(const UnconfirmedPush &, const UnconfirmedPush &) = default;
};

/// Of what was typed; the failure's text says what is wrong with it.
[[nodiscard]] Result<replica::Account> makeAccount(const QString &jid, const QString &password,
                                                   const QString &address, const QString &server);

/// The administrator at one provisioning server: what every page hangs on. One per QML engine.
class Session : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    QML_SINGLETON

    Q_PROPERTY(State state READ state NOTIFY stateChanged)
    /// The administrator's bare JID; empty when signed out.
    Q_PROPERTY(QString jid READ jid NOTIFY accountChanged)
    Q_PROPERTY(QString serverJid READ serverJid NOTIFY accountChanged)
    /// What the server calls itself; empty until it has said so.
    Q_PROPERTY(QString serverName READ serverName NOTIFY capabilitiesChanged)
    /// "administrator", "auditor", "support" or, as long as it is not known, "".
    Q_PROPERTY(QString role READ role NOTIFY capabilitiesChanged)
    /// May change rules and friendships.
    Q_PROPERTY(bool canEdit READ canEdit NOTIFY capabilitiesChanged)
    Q_PROPERTY(bool canUnfriend READ canUnfriend NOTIFY capabilitiesChanged)
    /// May unfriend, contain and release, but has no change sets: what it does is done at once.
    Q_PROPERTY(bool actsDirectly READ actsDirectly NOTIFY capabilitiesChanged)
    /// The server's revision that the local copy shows.
    Q_PROPERTY(qint64 revision READ revision NOTIFY revisionChanged)
    /// Of the transfer under way while Synchronising, 0 to 1.
    Q_PROPERTY(double progress READ progress NOTIFY progressChanged)
    /// Why there is no connection, or what went wrong last; "" if nothing.
    Q_PROPERTY(QString error READ error NOTIFY errorChanged)
    Q_PROPERTY(qint64 thingCount READ thingCount NOTIFY countsChanged)
    Q_PROPERTY(qint64 onlineCount READ onlineCount NOTIFY countsChanged)
    Q_PROPERTY(qint64 friendshipCount READ friendshipCount NOTIFY countsChanged)
    Q_PROPERTY(qint64 ruleCount READ ruleCount NOTIFY countsChanged)
    /// clearCache messages that are not yet acknowledged.
    Q_PROPERTY(qint64 openDeliveryCount READ openDeliveryCount NOTIFY countsChanged)
    /// The servers to choose from.
    Q_PROPERTY(castellan::presentation::Profiles *profiles READ profiles CONSTANT)
    /// The id of the profile that is open; "" if it is none of them.
    Q_PROPERTY(QString profile READ profile NOTIFY accountChanged)
    /// What the server is called here: by its profile, or by its JID.
    Q_PROPERTY(QString title READ title NOTIFY accountChanged)
    /// What its profile is marked with, or "".
    Q_PROPERTY(QString colour READ colour NOTIFY accountChanged)
    /// The profile that open() found no password for; "": none.
    Q_PROPERTY(QString askedProfile READ askedProfile NOTIFY passwordAsked)
    /// Why its password has to be typed; "" if none was kept.
    Q_PROPERTY(QString askReason READ askReason NOTIFY passwordAsked)
    /// Why passwords cannot be kept on this system, once checkKeychain() has found out; "": they can.
    Q_PROPERTY(QString keychainProblem READ keychainProblem NOTIFY keychainProblemChanged)
    /// What the host has shown and is not trusted, its own certificate first; empty if that is not what is
    /// wrong.
    Q_PROPERTY(
        QList<castellan::presentation::CertificateInfo> certificates READ certificates NOTIFY errorChanged)
    /// Whoever pushed them, from whichever console.
    Q_PROPERTY(QList<castellan::presentation::UnconfirmedPush> unconfirmed READ unconfirmed NOTIFY
                   unconfirmedChanged)
    /// The longest time, in seconds, that a push can wait for its confirmation; 0: not known.
    Q_PROPERTY(int longestConfirmation READ longestConfirmation NOTIFY capabilitiesChanged)
    /// The edits that are not pushed yet.
    Q_PROPERTY(castellan::presentation::Draft *draft READ draft CONSTANT)

public:
    enum State {
        SignedOut,
        Connecting, ///< for the first time; the local copy, if there is one, can be read already
        Synchronising,
        Online,
        Offline, ///< the local copy can be read; tries again on its own
        Cancelled, ///< the local copy, as far as it came, can be read; nothing happens until retry()
    };
    Q_ENUM(State)

    explicit Session(QObject *parent = nullptr);
    ~Session() override;
    static Session *create(QQmlEngine *engine, QJSEngine *);
    /// The session of the engine that \a object lives in; null outside of one.
    [[nodiscard]] static Session *of(const QObject *object);

    /// Opens the local copy of \a serverJid (empty: the domain of \a jid) and connects, by DNS or to
    /// \a connect ("host:port"). What is wrong with the arguments is in error() afterwards.
    Q_INVOKABLE void signIn(const QString &jid, const QString &password, const QString &connect,
                            const QString &serverJid);
    /// Opens a profile with the password that the keychain keeps, or asks for it: see passwordAsked().
    Q_INVOKABLE void open(const QString &profileId);
    /// \a remember: keeps the password in the keychain, once it has proved good.
    Q_INVOKABLE void openWith(const QString &profileId, const QString &password, bool remember);
    /// Finds out whether there is a keychain.
    Q_INVOKABLE void checkKeychain();
    /// Trusts the certificate that the host has shown, and from now on no other, and connects again.
    Q_INVOKABLE void pinCertificate();
    /// Keeps, or takes back at once, what waits for a confirmation.
    Q_INVOKABLE void confirm(const QString &changeSetId);
    Q_INVOKABLE void revert(const QString &changeSetId);
    /// Done by the server at once, without a change set: see acted(). What went wrong is in error().
    Q_INVOKABLE void contain(const QString &jid);
    Q_INVOKABLE void release(const QString &jid);
    Q_INVOKABLE void unfriend(const QString &jid, const QString &peer);
    Q_INVOKABLE void signOut();
    /// Tries to connect now instead of when the back-off says.
    Q_INVOKABLE void retry();
    /// Stops copying the network; retry() goes on where it was.
    Q_INVOKABLE void cancel();

    [[nodiscard]] State state() const { return m_state; }
    [[nodiscard]] QString jid() const;
    [[nodiscard]] QString serverJid() const;
    [[nodiscard]] QString serverName() const;
    [[nodiscard]] QString role() const;
    [[nodiscard]] bool canEdit() const;
    [[nodiscard]] bool canUnfriend() const;
    [[nodiscard]] bool actsDirectly() const;
    [[nodiscard]] qint64 revision() const;
    [[nodiscard]] double progress() const;
    [[nodiscard]] QString error() const { return m_error; }
    [[nodiscard]] qint64 thingCount() const { return m_counts.things; }
    [[nodiscard]] qint64 onlineCount() const { return m_counts.online; }
    [[nodiscard]] qint64 friendshipCount() const { return m_counts.friendships; }
    [[nodiscard]] qint64 ruleCount() const { return m_counts.rules; }
    [[nodiscard]] qint64 openDeliveryCount() const { return m_counts.openDeliveries; }
    [[nodiscard]] Draft *draft() const { return m_draft; }
    [[nodiscard]] Profiles *profiles() const { return m_profiles; }
    [[nodiscard]] QString profile() const { return m_profile; }
    [[nodiscard]] QString title() const;
    [[nodiscard]] QString colour() const;
    [[nodiscard]] QString askedProfile() const { return m_askedProfile; }
    [[nodiscard]] QString askReason() const { return m_askReason; }
    [[nodiscard]] QList<UnconfirmedPush> unconfirmed() const;
    [[nodiscard]] int longestConfirmation() const;
    [[nodiscard]] QString keychainProblem() const { return m_keychainProblem; }
    [[nodiscard]] QList<CertificateInfo> certificates() const;

    /// The local copy; null when signed out. Models read from it.
    [[nodiscard]] replica::Replica *replica() const { return m_replica.get(); }
    /// Shows \a failure to people.
    void report(const Failure &failure);

Q_SIGNALS:
    void stateChanged();
    void accountChanged();
    void capabilitiesChanged();
    void revisionChanged();
    void progressChanged();
    void errorChanged();
    void countsChanged();
    void unconfirmedChanged();
    void passwordAsked();
    /// \a what was done, in words, is in force.
    void acted(const QString &what);
    void keychainProblemChanged();
    /// Another local copy, or none: everything that was read is void.
    void replicaChanged();

private:
    void begin(const replica::Account &account, const QString &folder);
    void ask(const QString &profileId, const QString &reason);
    void setState(State state);
    void setError(const QString &error);
    void follow();
    void count();
    void reportIfFailed(QFuture<Result<void>> future);
    void act(QFuture<Result<void>> future, const QString &what);

    std::unique_ptr<replica::Replica> m_replica;
    Draft *m_draft;
    Profiles *m_profiles;
    QString m_profile;
    QString m_folder; ///< of the local copy
    QString m_askedProfile;
    QString m_askReason;
    QString m_keychainProblem;
    QString m_passwordToKeep; ///< until it has proved good
    quint64 m_opening = 0; ///< counts what the keychain was asked for
    State m_state = SignedOut;
    QString m_error;
    replica::Counts m_counts;
};

} // namespace castellan::presentation
