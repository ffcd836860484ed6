// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench.h"
#include "estate.h"
#include "rawstream.h"
#include "server/provisioningservice.h"
#include "server/stanza.h"
#include "wire/stream.h"

#include <QDomDocument>
#include <QSslSocket>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QXmppIncomingClient.h>
#include <QXmppPasswordChecker.h>
#include <QXmppServer.h>

/// Stanzas in process: what one costs from its bytes to the bytes of its answer, and streams that arrive in
/// pieces.
namespace castellan::bench {

using namespace Qt::StringLiterals;

namespace {

constexpr QByteArrayView streamHeader =
    "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1'>";

void feed(wire::StreamParser &parser, const QByteArray &bytes, const auto &take)
{
    auto output = parser.feed(bytes);
    if (!output)
        giveUp(u"The stream was refused: %1"_s.arg(output.error().text));
    for (wire::Element &stanza : output->stanzas)
        take(std::move(stanza));
}

// ---- a stanza through the server

/// A component's stream without the socket.
class StreamTransport : public server::Transport
{
    Q_OBJECT
public:
    StreamTransport()
    {
        feed(m_parser, streamHeader.toByteArray(), [](const wire::Element &) { });
    }

    void start() override { Q_EMIT ready(); }
    void stop() override { }
    [[nodiscard]] Jid jid() const override { return Jid::parse(u"provisioning.example").value(); }
    bool send(const wire::Element &stanza) override
    {
        lastSent = stanza.toXml();
        ++sent;
        return true;
    }
    void receive(const QByteArray &bytes)
    {
        feed(m_parser, bytes, [this](wire::Element stanza) {
            Q_EMIT stanzaReceived(server::withoutStreamNamespace(std::move(stanza)));
        });
    }

    qsizetype sent = 0;
    QByteArray lastSent;

private:
    wire::StreamParser m_parser;
};

/// The whole server but its connection, with \a network in its store.
class Server
{
public:
    Server(const Network &network, const QStringList &askers)
    {
        const QString url = u"sqlite:"_s + m_folder.filePath(u"store.db"_s);
        const auto opened = Store::open(url).result();
        if (!opened)
            giveUp(opened.error().text);
        m_store = *opened;
        if (const auto imported = m_store->importNetwork(network, Actor { u"bench"_s }).result(); !imported)
            giveUp(imported.error().text);
        auto state = server::readStartingState(*m_store).result();
        if (!state)
            giveUp(state.error().text);
        // As if they had asked before: the first question of all waits until the store has written who asked.
        for (const QString &asker : askers)
            state->stored.askers.insert(asker, QDateTime::currentDateTimeUtc());
        server::ServiceSettings settings;
        settings.rate = { .perSecond = 1e9, .burst = 1e9 };
        m_service = std::make_unique<server::ProvisioningService>(m_store, *state, transport, settings);
        transport.start();
    }

    StreamTransport transport;

private:
    QTemporaryDir m_folder;
    std::shared_ptr<Store> m_store;
    std::unique_ptr<server::ProvisioningService> m_service;
};

/// What the server does about a question, and nothing that it does besides.
class BareServer
{
public:
    explicit BareServer(const rules::Snapshot &network)
        : m_network(network)
    {
        feed(m_parser, streamHeader.toByteArray(), [](const wire::Element &) { });
    }

    QByteArray answer(const QByteArray &bytes)
    {
        QByteArray answer;
        feed(m_parser, bytes, [&](const wire::Element &stanza) {
            const auto question = wire::readProvisioning(*stanza.firstChild());
            const auto asker = Jid::parse(stanza.attribute("from"_L1));
            if (!question || !asker)
                giveUp(u"Not understood: %1"_s.arg(QString::fromUtf8(bytes)));
            const wire::Provisioning response = std::holds_alternative<wire::IsFriend>(*question)
                ? decide(*asker, std::get<wire::IsFriend>(*question))
                : decide(*asker, std::get<wire::CanRead>(*question));
            answer = wire::iqResult(stanza, wire::write(response)).toXml();
        });
        return answer;
    }

private:
    [[nodiscard]] wire::Provisioning decide(const Jid &asker, const wire::IsFriend &question) const
    {
        const auto decision = m_network.decide(rules::FriendQuestion { asker.bare(), question.jid.bare() });
        return wire::IsFriendResponse { .jid = question.jid.toBare(),
                                        .result = decision.accepted,
                                        .secondaryTrustAllowed = decision.secondaryTrustAllowed };
    }
    [[nodiscard]] wire::Provisioning decide(const Jid &asker, const wire::CanRead &question) const
    {
        const auto decision = m_network.decide(
            rules::AccessQuestion { .device = asker.bare(),
                                    .jid = question.jid.bare(),
                                    .nodes = question.nodes,
                                    .names = question.fields,
                                    .types = question.types,
                                    .now = QDateTime::currentDateTimeUtc() });
        return wire::CanReadResponse { .jid = question.jid.toBare(),
                                       .result = decision.allowed,
                                       .nodes = decision.nodes,
                                       .fields = decision.names,
                                       .types = decision.allowed ? decision.types : question.types };
    }

    rules::Snapshot m_network;
    wire::StreamParser m_parser;
};

QByteArray question(const QString &from, qsizetype number, const QByteArray &payload)
{
    return "<iq from='" + from.toUtf8() + "/bench' to='provisioning.example' type='get' id='q"
        + QByteArray::number(number) + "'>" + payload + "</iq>";
}

void stanza(const Bench &bench)
{
    const Estate estate(1000);
    const Network network = estate.network(4000, 2000);
    QStringList askers;
    for (const Thing &thing : network.things)
        askers.append(thing.jid);
    Server server(network, askers);

    QList<QByteArray> isFriend;
    QList<QByteArray> canRead;
    for (qsizetype i = 0; i < bench.size(1000, 20); ++i) {
        const rules::FriendQuestion friends = estate.friendQuestion(i, 4000, i % 2 == 0);
        isFriend.append(question(friends.asker, i,
                                 "<isFriend xmlns='urn:xmpp:iot:provisioning' jid='" + friends.jid.toUtf8()
                                     + "/client'/>"));
        const rules::AccessQuestion access = estate.accessQuestion(i, 2000, Action::Read);
        canRead.append(question(access.device, i,
                                "<canRead xmlns='urn:xmpp:iot:provisioning' jid='" + access.jid.toUtf8()
                                    + "/client' momentary='true' historicalDay='true'>"
                                      "<node nodeId='n1'/><node nodeId='n2'/><node nodeId='n3'/>"
                                      "<field name='"
                                    + access.names.first().toUtf8()
                                    + "'/><field name='Temperature'/><field name='Power'/></canRead>"));
    }
    for (const auto &[name, stanzas] :
         { std::pair(u"isFriend"_s, isFriend), std::pair(u"canRead"_s, canRead) }) {
        BareServer bare(rules::Snapshot { network });
        for (const QByteArray &bytes : stanzas) {
            server.transport.receive(bytes);
            if (bare.answer(bytes) != server.transport.lastSent)
                giveUp(u"%1 was answered with %2"_s.arg(QString::fromUtf8(bytes),
                                                        QString::fromUtf8(server.transport.lastSent)));
        }
        const qsizetype count = bench.size(10'000, 20);
        const auto readOnly = [&] {
            return each(count, [&](qsizetype i) {
                QDomDocument document;
                keep(document.setContent(stanzas.at(i % stanzas.size()),
                                         QDomDocument::ParseOption::UseNamespaceProcessing));
            });
        };
        Measure measure { .name = u"%1 read, decided and answered"_s.arg(name),
                          .unit = u"ns"_s,
                          .target = ratioAtMost(0.5),
                          .note = u"from bytes to bytes; peer: QDomDocument reading only"_s };
        bench.compare(
            measure,
            [&] {
                return each(count, [&](qsizetype i) { keep(bare.answer(stanzas.at(i % stanzas.size()))); });
            },
            readOnly);
        measure.name = u"%1 through the whole service"_s.arg(name);
        measure.target = {};
        measure.note =
            u"with limits, contacts and the noting of the unknown; peer: QDomDocument reading only"_s;
        bench.compare(
            measure,
            [&] {
                return each(count,
                            [&](qsizetype i) { server.transport.receive(stanzas.at(i % stanzas.size())); });
            },
            readOnly);
    }
}

// ---- streams in pieces

/// \a count questions of one client.
QList<QByteArray> burst(qsizetype count)
{
    QList<QByteArray> stanzas;
    for (qsizetype i = 0; i < count; ++i) {
        const QString jid = u"client-%1@example.org"_s.arg(i * 7919 % count);
        stanzas.append(question(u"meter@example.org"_s, i,
                                "<isFriend xmlns='urn:xmpp:iot:provisioning' jid='" + jid.toUtf8() + "'/>"));
    }
    return stanzas;
}

constexpr qsizetype readSize = 16 << 10;

/// As much as a read brings.
QList<QByteArray> cutAnywhere(const QList<QByteArray> &stanzas)
{
    const QByteArray all = stanzas.join();
    QList<QByteArray> pieces;
    for (qsizetype at = 0; at < all.size(); at += readSize)
        pieces.append(all.mid(at, readSize));
    return pieces;
}

/// The same in whole stanzas.
QList<QByteArray> cutBetween(const QList<QByteArray> &stanzas)
{
    QList<QByteArray> pieces { {} };
    for (const QByteArray &stanza : stanzas) {
        if (pieces.last().size() + stanza.size() > readSize)
            pieces.append(QByteArray());
        pieces.last() += stanza;
    }
    return pieces;
}

void stream(const Bench &bench)
{
    const qsizetype count = bench.size(3000, 300);
    const QList<QByteArray> stanzas = burst(count);
    const auto parse = [count](const QList<QByteArray> &pieces) {
        return [pieces, count]() -> Sample {
            wire::StreamParser parser;
            feed(parser, streamHeader.toByteArray(), [](const wire::Element &) { });
            qsizetype read = 0;
            const double time = nanoseconds([&] {
                for (const QByteArray &piece : pieces)
                    feed(parser, piece, [&](const wire::Element &) { ++read; });
            });
            if (read != count)
                giveUp(u"Of %1 stanzas %2 were read."_s.arg(count).arg(read));
            return { time / double(count) };
        };
    };
    bench.compare({ .name = u"stanza of a burst of %1, cut"_s.arg(count),
                    .unit = u"ns"_s,
                    .target = ratioAtMost(1.1),
                    .rounds = 40,
                    .tolerance = 0.05,
                    .note = u"in reads of 16 KiB; peer: ourselves, with reads that end where stanzas do"_s },
                  parse(cutAnywhere(stanzas)), parse(cutBetween(stanzas)));
}

// QXmppPasswordChecker has no virtual destructor; this is never destroyed through it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class OnePassword final : public QXmppPasswordChecker
{
    QXmppPasswordReply::Error getPassword(const QXmppPasswordRequest &, QString &password) override
    {
        password = u"secret"_s;
        return QXmppPasswordReply::NoError;
    }
};
#pragma GCC diagnostic pop

/// Sends \a pieces through \a sender, each when the one before was read, and gives the time for a stanza.
Sample receive(const QList<QByteArray> &pieces, RawStream &sender, const qint64 &bytesRead,
               const qsizetype &stanzasRead, qsizetype count)
{
    const qsizetype before = stanzasRead;
    const double time = nanoseconds([&] {
        qint64 sent = bytesRead;
        for (const QByteArray &piece : pieces) {
            sender.write(piece);
            sender.flush();
            sent += piece.size();
            waitUntil([&] { return bytesRead >= sent; }, u"read of a piece"_s);
        }
        waitUntil([&] { return stanzasRead - before >= count; }, u"end of the burst"_s);
    });
    return { time / double(count) / 1000 };
}

/// The real library behind a real socket, because it reads its buffer anew with every piece: that is why the
/// component stream is ours, and why what we let clients send through QXmpp at once is little.
void qxmpp(const Bench &bench)
{
    RawStream toPeer;
    OnePassword passwords;
    std::unique_ptr<QXmppIncomingClient> peer;
    qint64 peerBytes = 0;
    qsizetype peerStanzas = 0;
    QXmppSslServer peerListener;
    peerListener.listen(QHostAddress::LocalHost);
    QObject::connect(&peerListener, &QXmppSslServer::newConnection, [&](QSslSocket *socket) {
        QObject::connect(socket, &QIODevice::readyRead,
                         [&, socket] { peerBytes += socket->bytesAvailable(); });
        peer = std::make_unique<QXmppIncomingClient>(socket, u"example.org"_s);
        socket->setParent(peer.get());
        peer->setPasswordChecker(&passwords);
        QObject::connect(peer.get(), &QXmppIncomingClient::elementReceived, [&] { ++peerStanzas; });
    });
    toPeer.openClient(peerListener.serverPort(), "example.org", "meter", "secret");

    RawStream toOurs;
    wire::StreamParser parser;
    feed(parser, streamHeader.toByteArray(), [](const wire::Element &) { });
    qint64 ourBytes = 0;
    qsizetype ourStanzas = 0;
    QTcpServer ourListener;
    ourListener.listen(QHostAddress::LocalHost);
    QObject::connect(&ourListener, &QTcpServer::newConnection, [&] {
        QTcpSocket *socket = ourListener.nextPendingConnection();
        QObject::connect(socket, &QIODevice::readyRead, [&, socket] {
            const QByteArray bytes = socket->readAll();
            ourBytes += bytes.size();
            feed(parser, bytes, [&](const wire::Element &) { ++ourStanzas; });
        });
    });
    toOurs.open(ourListener.serverPort());

    for (const qsizetype count : bench.sizes({ 300, 1000, 3000 })) {
        const QList<QByteArray> pieces = cutAnywhere(burst(count));
        bench.compare(
            { .name = u"stanza of a burst of %1, received"_s.arg(count),
              .unit = u"us"_s,
              .note = u"through a socket, in pieces of 16 KiB; peer: QXmppIncomingClient"_s },
            [&] { return receive(pieces, toOurs, ourBytes, ourStanzas, count); },
            [&] { return receive(pieces, toPeer, peerBytes, peerStanzas, count); });
    }
}

} // namespace

} // namespace castellan::bench

int main(int argc, char **argv)
{
    using namespace castellan::bench;
    const Row rows[] = {
        { "stanza", stanza },
        { "stream", stream },
        { "qxmpp", qxmpp },
    };
    return run(argc, argv, rows);
}

#include "stanzas.moc"
