// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/liveserver.h"

#include "vocabulary/networkjson.h"

#include <QDebug>
#include <QFile>

#include <sys/prctl.h>

#include <csignal>

namespace castellan::tests {

using namespace Qt::StringLiterals;

static void write(const QString &path, const QByteArray &content)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        qFatal("cannot write %ls", qUtf16Printable(path));
}

LiveServer::LiveServer(const Network &network)
{
    QByteArray accounts;
    for (const QString &jid : { admin, otherAdmin, u"stranger@"_s + domain })
        accounts += jid.toUtf8() + " secret\n";
    for (const Thing &thing : network.things)
        accounts += thing.jid.toUtf8() + " secret\n";
    write(m_folder.filePath(u"accounts"_s), accounts);
    replace(network);
}

LiveServer::~LiveServer()
{
    kill();
}

void LiveServer::replace(const Network &network)
{
    write(m_folder.filePath(u"network.json"_s), networkToJson(network));
    for (const auto suffix : { ""_L1, "-wal"_L1, "-shm"_L1 })
        QFile::remove(m_folder.filePath(u"server.sqlite"_s + suffix));
    m_filled = false;
}

static void copyDatabase(const QString &from, const QString &to)
{
    for (const auto suffix : { ""_L1, "-wal"_L1 }) {
        QFile::remove(to + suffix);
        QFile::copy(from + suffix, to + suffix);
    }
    QFile::remove(to + "-shm"_L1);
}

void LiveServer::keep()
{
    copyDatabase(m_folder.filePath(u"server.sqlite"_s), m_folder.filePath(u"kept.sqlite"_s));
}

void LiveServer::takeBack()
{
    copyDatabase(m_folder.filePath(u"kept.sqlite"_s), m_folder.filePath(u"server.sqlite"_s));
}

bool LiveServer::start()
{
    QStringList arguments { u"--mode"_s,     u"embedded"_s,
                            u"--domain"_s,   domain,
                            u"--listen"_s,   u"127.0.0.1:%1"_s.arg(m_port),
                            u"--accounts"_s, m_folder.filePath(u"accounts"_s),
                            u"--database"_s, u"sqlite:"_s + m_folder.filePath(u"server.sqlite"_s),
                            u"--admin"_s,    admin,
                            u"--admin"_s,    otherAdmin };
    if (!std::exchange(m_filled, true))
        arguments << u"--import"_s << m_folder.filePath(u"network.json"_s);
    m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    // A test that dies takes its server along.
    m_process.setChildProcessModifier([] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); });
    m_process.start(QStringLiteral(CASTELLAN_SERVER), arguments, QIODevice::ReadOnly);
    while (m_process.state() != QProcess::NotRunning) {
        if (m_process.canReadLine()) {
            const QString line = QString::fromUtf8(m_process.readLine()).trimmed();
            if (line.startsWith("ready "_L1)) {
                m_port = line.sliced(line.lastIndexOf(u':') + 1).toUShort();
                return true;
            }
        } else {
            m_process.waitForReadyRead();
        }
    }
    qWarning() << "castellan-server did not start:" << m_process.errorString();
    return false;
}

void LiveServer::kill()
{
    if (m_process.state() == QProcess::NotRunning)
        return;
    m_process.kill();
    m_process.waitForFinished();
}

void LiveServer::freeze()
{
    ::kill(pid_t(m_process.processId()), SIGSTOP);
}

void LiveServer::thaw()
{
    ::kill(pid_t(m_process.processId()), SIGCONT);
}

QString LiveServer::address() const
{
    return u"127.0.0.1:%1"_s.arg(m_port);
}

Network smallNetwork()
{
    const auto jid = [](const QString &local) { return local + u'@' + LiveServer::domain; };
    const auto meter = [&](const QString &name) {
        return Thing { .jid = jid(name),
                       .name = name,
                       .tags = { u"meter"_s },
                       .nodes = { Node { .fields = { Field { .name = u"Energy"_s } } } } };
    };
    const auto mayRead = [&](const QString &id, const QString &device) {
        return AccessRule { .id = id,
                            .subject = { .kind = Subject::Kind::Jid, .value = jid(u"alice"_s) },
                            .target = { .kind = Target::Kind::Device, .value = jid(device) } };
    };
    return { .things = { meter(u"meter-1"_s), meter(u"meter-2"_s), Thing { .jid = jid(u"valve"_s) },
                         Thing { .jid = jid(u"alice"_s), .kind = ThingKind::User, .name = u"Alice"_s } },
             .friendships = { makeFriendship(jid(u"alice"_s), jid(u"meter-1"_s)),
                              makeFriendship(jid(u"alice"_s), jid(u"meter-2"_s)) },
             .accessRules = { mayRead(u"read-1"_s, u"meter-1"_s), mayRead(u"read-2"_s, u"meter-2"_s),
                              mayRead(u"read-3"_s, u"valve"_s) } };
}

} // namespace castellan::tests
