// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "rawstream.h"

#include <QCoreApplication>

#include <cstdio>

/// A component that does the least that a component can do. Usage: bench_echo PORT DOMAIN SECRET; prints
/// "ready".
///
/// Gets a question: answers with its payload. Gets `<blast count='N' to='DOMAIN'/>` as an iq-set: sends a
/// clearCache to thing-0@DOMAIN/bench … thing-(N-1)@DOMAIN/bench and answers when all of them have been
/// answered.
int main(int argc, char **argv)
{
    using castellan::bench::attribute;
    QCoreApplication app(argc, argv);
    const QByteArray domain = argv[2];
    castellan::bench::RawStream stream;
    stream.openComponent(QByteArray(argv[1]).toUShort(), domain, argv[3]);

    QByteArray blastResult;
    qsizetype unanswered = 0;
    stream.onIq = [&](QByteArrayView iq) {
        const QByteArrayView type = attribute(iq, "type");
        if (type == "result" || type == "error") {
            if (--unanswered == 0)
                stream.write(blastResult);
            return;
        }
        const qsizetype payload = iq.indexOf('>') + 1;
        const QByteArray result = "<iq type='result' id='" + attribute(iq, "id").toByteArray() + "' from='"
            + domain + "' to='" + attribute(iq, "from").toByteArray() + "'>";
        if (type == "get") {
            stream.write(result + iq.sliced(payload).toByteArray());
            return;
        }
        const QByteArrayView blast = iq.sliced(payload);
        blastResult = result + "</iq>";
        unanswered = attribute(blast, "count").toByteArray().toLongLong();
        const QByteArray to = attribute(blast, "to").toByteArray();
        for (qsizetype i = 0; i < unanswered; ++i) {
            const QByteArray number = QByteArray::number(i);
            stream.write("<iq type='set' id='" + number + "' from='" + domain + "' to='thing-" + number + '@'
                         + to + "/bench'><clearCache xmlns='urn:xmpp:iot:provisioning'/></iq>");
        }
    };
    std::puts("ready");
    std::fflush(stdout);
    return app.exec();
}
