// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "adminfixture.h"
#include "server/commands.h"

using namespace castellan;
using namespace castellan::server;

namespace {

const wire::Element *commandOf(const wire::Element &iq)
{
    return iq.firstChild() && iq.firstChild()->xmlns == nsCommands ? iq.firstChild() : nullptr;
}

QString attribute(const wire::Element &iq, QLatin1StringView name)
{
    const wire::Element *command = commandOf(iq);
    return command ? command->attribute(name) : QString();
}

const wire::Element &formOf(const wire::Element &iq)
{
    static const wire::Element none;
    const wire::Element *form = commandOf(iq) ? commandOf(iq)->child("x"_L1, nsDataForms) : nullptr;
    return form ? *form : none;
}

QString noteOf(const wire::Element &iq)
{
    const wire::Element *note = commandOf(iq) ? commandOf(iq)->child("note"_L1, nsCommands) : nullptr;
    return note ? note->text : QString();
}

/// The application condition beside the error.
QString detail(const wire::Element &iq)
{
    const auto error = std::ranges::find(iq.children, u"error"_s, &wire::Element::name);
    for (const wire::Element &child : error == iq.children.end() ? QList<wire::Element>() : error->children) {
        if (child.xmlns == nsCommands)
            return child.name;
    }
    return {};
}

QStringList textsOf(const wire::Element &form)
{
    QStringList texts;
    for (const wire::Element &child : form.children) {
        texts.append(child.text);
        for (const wire::Element &field : child.children)
            texts += textsOf(field) << field.text;
        texts += textsOf(child);
    }
    texts.removeAll(QString());
    return texts;
}

} // namespace

class CommandFixture : public AdminFixture
{
public:
    wire::Element command(const QByteArray &name, const QByteArray &attributes = {},
                          const QList<std::pair<QByteArray, QByteArray>> &values = {},
                          const QByteArray &from = supporter)
    {
        QByteArray form;
        if (!values.isEmpty()) {
            form = "<x xmlns='jabber:x:data' type='submit'>";
            for (const auto &[field, value] : values)
                form += "<field var='" + field + "'><value>" + value + "</value></field>";
            form += "</x>";
        }
        return request("set", from,
                       "<command xmlns='http://jabber.org/protocol/commands' node='urn:castellan:admin:0#"
                           + name + "' " + attributes + ">" + form + "</command>");
    }
    /// Begins, fills in and goes on.
    wire::Element run(const QByteArray &name, const QList<std::pair<QByteArray, QByteArray>> &values,
                      const QByteArray &action = "complete", const QByteArray &from = supporter)
    {
        const wire::Element begun = command(name, {}, {}, from);
        return command(
            name, "action='" + action + "' sessionid='" + attribute(begun, "sessionid"_L1).toUtf8() + "'",
            values, from);
    }
};

class TestCommands : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void areListedForThoseWithARole()
    {
        CommandFixture fixture;
        fixture.start(administrated());
        const QByteArray query = "<query xmlns='http://jabber.org/protocol/disco#items' "
                                 "node='http://jabber.org/protocol/commands'/>";
        const auto nodes = [&](const QByteArray &from) {
            QStringList nodes;
            const wire::Element answer = fixture.request("get", from, query);
            for (const wire::Element &item : answer.firstChild()->children)
                nodes.append(item.attribute("node"_L1).section(u'#', 1));
            return nodes;
        };
        QCOMPARE(nodes(stranger), QStringList());
        QCOMPARE(nodes(auditor), (QStringList { u"find"_s, u"friends"_s, u"explain"_s, u"deliveries"_s }));
        QCOMPARE(nodes(supporter),
                 (QStringList { u"find"_s, u"friends"_s, u"unfriend"_s, u"contain"_s, u"release"_s,
                                u"explain"_s, u"deliveries"_s }));

        const QByteArray info = "<query xmlns='http://jabber.org/protocol/disco#info' "
                                "node='urn:castellan:admin:0#contain'/>";
        const wire::Element told = fixture.request("get", supporter, info);
        QCOMPARE(told.firstChild()->children.first().attribute("type"_L1), u"command-node"_s);
        QCOMPARE(condition(fixture.request("get", auditor, info)), u"item-not-found"_s);
    }

    /// Every command × every role: as the typed operation behind it.
    void rolesAreEnforced()
    {
        const QList<QByteArray> reading { "find", "friends", "explain", "deliveries" };
        const QList<QByteArray> changing { "unfriend", "contain", "release" };
        CommandFixture fixture;
        fixture.settings.admin.auditedRefusals = { .perSecond = 100, .burst = 100 };
        fixture.start(administrated());
        const qint64 entries = fixture.store->verifyAudit().result().value().entries;
        int refused = 0;
        for (const QByteArray &name : reading + changing) {
            for (const QByteArray &from : { console, supporter, auditor, stranger }) {
                const bool allowed = from == console || from == supporter
                    || (from == auditor && reading.contains(name));
                const wire::Element answer = fixture.command(name, {}, {}, from);
                QCOMPARE(condition(answer), allowed ? QString() : u"forbidden"_s);
                refused += !allowed;
            }
        }
        QCOMPARE(fixture.store->verifyAudit().result().value().entries, entries + refused);
        QCOMPARE(condition(fixture.command("reboot", {}, {}, stranger)), u"forbidden"_s);
        QCOMPARE(condition(fixture.command("reboot")), u"item-not-found"_s);
    }

    void aRoleThatIsTakenAwayEndsTheCommand()
    {
        CommandFixture fixture;
        fixture.start(administrated());
        const wire::Element begun = fixture.command("unfriend");
        fixture.remove({ ObjectType::RoleGrant, u"support@example.org"_s });
        const wire::Element answer = fixture.command(
            "unfriend", "sessionid='" + attribute(begun, "sessionid"_L1).toUtf8() + "'",
            { { "jid", "lamp@example.org" }, { "peer", "meter@example.org" } });
        QCOMPARE(condition(answer), u"forbidden"_s);
        QVERIFY(fixture.areFriends(u"lamp@example.org"_s, u"meter@example.org"_s));
    }

    void findsADevice()
    {
        CommandFixture fixture;
        fixture.start(administrated());
        const wire::Element begun = fixture.command("find");
        QCOMPARE(attribute(begun, "status"_L1), u"executing"_s);
        QCOMPARE(formOf(begun).attribute("type"_L1), u"form"_s);
        QVERIFY(!formOf(begun).child("title"_L1, nsDataForms)->text.isEmpty());

        const wire::Element found = fixture.run("find", { { "search", "PIGGY" } });
        QCOMPARE(attribute(found, "status"_L1), u"completed"_s);
        const wire::Element &form = formOf(found);
        QCOMPARE(form.attribute("type"_L1), u"result"_s);
        QVERIFY(!form.child("title"_L1, nsDataForms)->text.isEmpty());
        const wire::Element *reported = form.child("reported"_L1, nsDataForms);
        QVERIFY(reported);
        int items = 0;
        for (const wire::Element &item : form.children) {
            if (item.name != "item"_L1)
                continue;
            ++items;
            QCOMPARE(item.children.size(), reported->children.size());
            for (qsizetype i = 0; i < item.children.size(); ++i)
                QCOMPARE(item.children.at(i).attribute("var"_L1),
                         reported->children.at(i).attribute("var"_L1));
        }
        QCOMPARE(items, 1);
        QVERIFY(textsOf(form).contains(u"meter@example.org"_s));

        // The same without a table.
        const wire::Element plain = fixture.run("find", { { "search", "piggy" }, { "layout", "text" } });
        QVERIFY(!formOf(plain).child("reported"_L1, nsDataForms));
        QVERIFY(textsOf(formOf(plain)).join(u' ').contains(u"meter@example.org"_s));
        const wire::Element none = fixture.run("find", { { "search", "gonzo" } });
        QVERIFY(textsOf(formOf(none)).join(u' ').contains(u"gonzo"_s));
    }

    void listsFriends()
    {
        CommandFixture fixture;
        fixture.start(administrated());
        const QStringList texts = textsOf(
            formOf(fixture.run("friends", { { "jid", "Lamp@example.org/r" } })));
        QVERIFY(texts.contains(u"meter@example.org"_s));
        QVERIFY(texts.contains(u"Meter"_s));
        QVERIFY(!texts.contains(u"switch@example.org"_s));
        const wire::Element bad = fixture.run("friends", { { "jid", "a b@c" } });
        QCOMPARE(attribute(bad, "status"_L1), u"executing"_s); // to be filled in better
        QVERIFY(!noteOf(bad).isEmpty());
        QVERIFY(textsOf(formOf(bad)).contains(u"a b@c"_s));
    }

    void s25_containsInTwoSteps()
    {
        CommandFixture fixture;
        fixture.start(administrated());
        const wire::Element begun = fixture.command("contain");
        const QByteArray session = "sessionid='" + attribute(begun, "sessionid"_L1).toUtf8() + "'";
        const wire::Element asked = fixture.command("contain", session + " action='next'",
                                                    { { "jid", "lamp@example.org" } });
        QCOMPARE(attribute(asked, "status"_L1), u"executing"_s);
        QVERIFY(textsOf(formOf(asked)).join(u' ').contains(u"meter@example.org"_s)); // whom it concerns
        QVERIFY(fixture.areFriends(u"lamp@example.org"_s, u"meter@example.org"_s));

        const wire::Element back = fixture.command("contain", session + " action='prev'");
        QVERIFY(textsOf(formOf(back)).contains(u"lamp@example.org"_s)); // what was filled in
        std::ignore = fixture.command("contain", session + " action='next'",
                                      { { "jid", "lamp@example.org" } });
        const wire::Element bad = fixture.command("contain", session + " action='complete'",
                                                  { { "hours", "many" } });
        QCOMPARE(attribute(bad, "status"_L1), u"executing"_s);
        QVERIFY(noteOf(bad).contains(u"many"_s));
        const wire::Element done = fixture.command("contain", session + " action='complete'",
                                                   { { "hours", "2" }, { "comment", "stolen" } });
        QCOMPARE(attribute(done, "status"_L1), u"completed"_s);
        QVERIFY(!fixture.areFriends(u"lamp@example.org"_s, u"meter@example.org"_s));
        const Containment containment = fixture.all<Containment>(ObjectType::Containment).value(0);
        QCOMPARE(containment.comment, u"stolen"_s);
        QVERIFY(containment.until > QDateTime::currentDateTimeUtc().addSecs(7000));
        QCOMPARE(detail(fixture.command("contain", session, { { "hours", "" } })), u"bad-sessionid"_s);

        const wire::Element released = fixture.run("release", { { "jid", "lamp@example.org" } });
        QCOMPARE(attribute(released, "status"_L1), u"completed"_s);
        QVERIFY(fixture.areFriends(u"lamp@example.org"_s, u"meter@example.org"_s));
        QVERIFY(!noteOf(fixture.run("release", { { "jid", "lamp@example.org" } })).isEmpty());
    }

    void unfriends()
    {
        CommandFixture fixture;
        fixture.start(administrated());
        const wire::Element done = fixture.run(
            "unfriend", { { "jid", "lamp@example.org" }, { "peer", "meter@example.org" } });
        QCOMPARE(attribute(done, "status"_L1), u"completed"_s);
        QVERIFY(!fixture.areFriends(u"lamp@example.org"_s, u"meter@example.org"_s));
    }

    void explains()
    {
        CommandFixture fixture;
        fixture.start(administrated());
        const wire::Element explained = fixture.run("explain",
                                                    { { "asker", "lamp@example.org" },
                                                      { "question", "read" },
                                                      { "jid", "meter@example.org" },
                                                      { "names", "Power, Energy" } });
        const QStringList texts = textsOf(formOf(explained));
        QVERIFY(texts.contains(u"Energy"_s));
        QVERIFY(texts.contains(u"rule read"_s));
    }

    void listsPendingDeliveries()
    {
        CommandFixture fixture;
        fixture.start(administrated());
        QVERIFY(fixture.areFriends(u"lamp@example.org"_s, u"meter@example.org"_s));
        fixture.receive("<presence type='unavailable' from='lamp@example.org/r' to='prov.example.org'/>");
        const auto texts = [&] {
            return textsOf(formOf(fixture.run("deliveries", { { "jid", "lamp@example.org" } })));
        };
        QVERIFY(!texts().contains(u"clear its cache"_s));
        fixture.get<admin::Applied>(admin::Contain { .jid = u"meter@example.org"_s });
        QVERIFY(texts().contains(u"clear its cache"_s));
    }

    void sessionsCanBeCancelled()
    {
        CommandFixture fixture;
        fixture.start(administrated());
        const QByteArray session = "sessionid='"
            + attribute(fixture.command("unfriend"), "sessionid"_L1).toUtf8() + "'";
        QCOMPARE(attribute(fixture.command("unfriend", session + " action='cancel'"), "status"_L1),
                 u"canceled"_s);
        QCOMPARE(detail(fixture.command("unfriend", session + " action='cancel'")), u"bad-sessionid"_s);
    }

    void badActionsAreRefused()
    {
        CommandFixture fixture;
        fixture.start(administrated());
        QCOMPARE(detail(fixture.command("find", "action='dance'")), u"malformed-action"_s);
        QCOMPARE(detail(fixture.command("find", "action='next'")), u"bad-action"_s);
        const QByteArray session = "sessionid='" + attribute(fixture.command("find"), "sessionid"_L1).toUtf8()
            + "'";
        QCOMPARE(detail(fixture.command("find", session + " action='prev'")), u"bad-action"_s);
        QCOMPARE(detail(fixture.command("find", session + " action='next'")), u"bad-action"_s);
        QCOMPARE(detail(fixture.command("find", session)), u"bad-payload"_s);
        QCOMPARE(detail(fixture.command("friends", session)), u"bad-sessionid"_s);
        // Somebody else's session.
        QCOMPARE(detail(fixture.command("find", session, { { "search", "x" } }, console)),
                 u"bad-sessionid"_s);
    }

    void sessionsAreFewAndShort()
    {
        CommandFixture fixture;
        fixture.settings.commands.sessionsEach = 2;
        fixture.start(administrated());
        QList<QByteArray> sessions;
        for (int i = 0; i < 3; ++i)
            sessions.append("sessionid='" + attribute(fixture.command("find"), "sessionid"_L1).toUtf8()
                            + "'");
        QCOMPARE(detail(fixture.command("find", sessions.at(0), { { "search", "x" } })), u"bad-sessionid"_s);
        QCOMPARE(attribute(fixture.command("find", sessions.at(2), { { "search", "x" } }), "status"_L1),
                 u"completed"_s);

        CommandFixture hasty;
        hasty.settings.commands.life = std::chrono::milliseconds(0);
        hasty.start(administrated());
        const QByteArray session = "sessionid='" + attribute(hasty.command("find"), "sessionid"_L1).toUtf8()
            + "'";
        const wire::Element late = hasty.command("find", session, { { "search", "x" } });
        QCOMPARE(condition(late), u"not-allowed"_s);
        QCOMPARE(detail(late), u"session-expired"_s);
    }
};

QTEST_GUILESS_MAIN(TestCommands)
#include "tst_commands.moc"
