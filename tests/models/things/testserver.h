// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "wire/provisioning.h"

#include <QXmppServer.h>

#include <functional>
#include <optional>

namespace castellan::things {

/// An XMPP server on loopback with a provisioning server that does what a test tells it: faults and forgeries
/// that the real one does not commit. Every account exists, with the password "secret"; rosters are empty at
/// every login, and whoever accepts a subscription is seen from then on.
class TestServer
{
public:
    TestServer();
    ~TestServer();

    [[nodiscard]] quint16 port() const { return m_port; }
    /// Cuts all streams and listens no more, until listen().
    void close();
    void listen();

    /// As what \a from sends \a xml to \a to; the default namespace is that of clients.
    void send(const QString &from, const QString &to, const QByteArray &xml);

    struct Question
    {
        QString from; ///< full
        wire::Provisioning payload;
        wire::Element iq;
    };
    QList<Question> questions;
    template<typename T>
    [[nodiscard]] QList<T> asked() const
    {
        QList<T> found;
        for (const Question &question : questions) {
            if (const auto *payload = std::get_if<T>(&question.payload))
                found.append(*payload);
        }
        return found;
    }

    /// What the provisioning server answers; nothing: no answer. At first: yes to everything.
    std::function<std::optional<wire::Provisioning>(const wire::Provisioning &)> answer;
    /// Late answers.
    void answerNow(const Question &question, const wire::Provisioning &answer);

    /// Everything that things sent, but those questions.
    QList<wire::Element> stanzas;
    /// Of these, the answers to what the test sent with this id.
    [[nodiscard]] std::optional<wire::Element> answerTo(const QString &id) const;
    /// How many presences of this type from one bare JID to another.
    [[nodiscard]] int presences(const QString &type, const QString &from, const QString &to) const;

    /// Where the provisioning server is; found by discovery.
    QString provisioningJid = QStringLiteral("building.localhost");

private:
    class Extension;
    class Checker;
    std::unique_ptr<Checker> m_checker;
    std::unique_ptr<QXmppServer> m_server;
    Extension *m_extension = nullptr;
    quint16 m_port = 0;
};

} // namespace castellan::things
