// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/contacts.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::server;

namespace {

Jid jid(const QString &text)
{
    return Jid::parse(text).value();
}

QStringList page(const Contacts &contacts, const QString &after = {}, int max = 10)
{
    QStringList jids;
    for (const auto &status : contacts.statuses(after, max).statuses)
        jids.append(status.jid);
    return jids;
}

} // namespace

class TestContacts : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void pagesAreInOrder()
    {
        Contacts contacts({ { u"c@x"_s, QDateTime::currentDateTimeUtc() } }, {}, 10);
        for (const QString &text : { u"d@x/r"_s, u"a@x/r"_s, u"b@x/r"_s, u"a@x/s"_s })
            contacts.seen(jid(text));
        QCOMPARE(page(contacts), (QStringList { u"a@x"_s, u"b@x"_s, u"c@x"_s, u"d@x"_s }));
        QCOMPARE(page(contacts, u"a@x"_s, 2), (QStringList { u"b@x"_s, u"c@x"_s }));
        QVERIFY(!contacts.statuses(u"a@x"_s, 2).page.complete);
        QVERIFY(contacts.statuses(u"b@x"_s, 2).page.complete);
        QCOMPARE(contacts.address(u"a@x"_s), u"a@x/s"_s);
        contacts.gone(jid(u"a@x/s"_s));
        QCOMPARE(contacts.address(u"a@x"_s), u"a@x/r"_s);
    }

    void s26_strangersAreBounded()
    {
        Contacts contacts({ { u"asker@x"_s, QDateTime::currentDateTimeUtc() } }, {}, 2);
        contacts.seen(jid(u"a@x/r"_s));
        contacts.seen(jid(u"b@x/r"_s));
        contacts.seen(jid(u"c@x/r"_s)); // both others are there
        QCOMPARE(page(contacts), (QStringList { u"a@x"_s, u"asker@x"_s, u"b@x"_s }));
        contacts.gone(jid(u"a@x/r"_s));
        contacts.asked(u"b@x"_s, QDateTime::currentDateTimeUtc());
        contacts.gone(jid(u"b@x/r"_s));
        contacts.seen(jid(u"d@x/r"_s)); // who has asked takes nobody's place
        contacts.seen(jid(u"e@x/r"_s)); // a gives way, who asked does not
        QCOMPARE(page(contacts), (QStringList { u"asker@x"_s, u"b@x"_s, u"d@x"_s, u"e@x"_s }));
        contacts.seen(jid(u"f@x/r"_s));
        QVERIFY(contacts.address(u"f@x"_s).isEmpty());
        contacts.seen(jid(u"asker@x/r"_s)); // has its place
        QCOMPARE(contacts.address(u"asker@x"_s), u"asker@x/r"_s);
    }
};

QTEST_GUILESS_MAIN(TestContacts)
#include "tst_contacts.moc"
