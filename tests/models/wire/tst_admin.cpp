// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema.h"
#include "wire/admin.h"
#include "wire/objects.h"

#include <QCryptographicHash>
#include <QTest>
#include <QTimeZone>

#include <random>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::wire;
using namespace castellan::wire::admin;

namespace {

/// Payloads of the administration interface, their objects in normal form.
class RandomPayload
{
public:
    explicit RandomPayload(quint32 seed)
        : m_random(seed)
    { }

    Request request()
    {
        switch (below(20)) {
        case 0:
            return GetCapabilities {};
        case 1:
            return GetChanges { number(), page() };
        case 2:
            return GetObject { key() };
        case 3:
            return ListObjects { { type(), text(),
                                   many([&] { return Filter { Filter::Property(below(6)), word() }; }),
                                   Listing::Sort(below(2)), chance() },
                                 pageEitherWay() };
        case 4:
            return GetDeliveries { number(), page(), chance() ? QString() : jid() };
        case 5:
            return GetRevisions { number(), page() };
        case 6:
            return GetStatuses { page() };
        case 7:
            return Apply { changeSet(), chance() ? std::optional(count()) : std::nullopt };
        case 8:
            return GetHistory { { chance() ? std::optional(key()) : std::nullopt, text(), word(),
                                  maybeMoment(), maybeMoment() },
                                pageEitherWay() };
        case 9:
            return Verify {};
        case 10:
            return Preview { changeSet() };
        case 11:
            return Explain { jid(), many([&] {
                                 return Bearer { Bearer::As(below(3)), chance() ? QString() : thumbprint(),
                                                 text(), text() };
                             }),
                             question(), chance() ? std::optional(changeSet()) : std::nullopt };
        case 12:
            return Confirm { word() };
        case 13:
            return Revert { word() };
        case 14:
            return Contain { jid(), maybeMoment(), text() };
        case 15:
            return Release { jid(), text() };
        case 16:
            return admin::Unfriend { jid(), jid(), text() };
        case 17:
            return AnswerQuestion { jid(),  jid(),    chance(), AnswerQuestion::Scope(below(4)),
                                    text(), chance(), text() };
        case 18:
            return Subscribe {};
        default:
            return Unsubscribe {};
        }
    }

    Response response()
    {
        switch (below(12)) {
        case 0:
            return Capabilities { AdminRole(below(4)),
                                  text(),
                                  word(),
                                  number(),
                                  words(),
                                  count(),
                                  count(),
                                  count(),
                                  count(),
                                  count(),
                                  count(),
                                  count(),
                                  count() };
        case 1:
            return Objects { word(), number(), many([&] { return versioned(); }), pageInfo() };
        case 2:
            return Deliveries { word(), many([&] { return delivery(); }), pageInfo() };
        case 3:
            return Revisions { word(), many([&] { return revision(); }), pageInfo() };
        case 4:
            return Statuses { many([&] { return status(); }), pageInfo() };
        case 5:
            return Applied { word(), number(), count(), maybeMoment() };
        case 6:
            return Subscribed { count(), number(), number(), many([&] { return revision(); }) };
        case 7:
            return History { word(), many([&] {
                                 return AuditRecord { number(), maybeMoment(), text(),   word(),
                                                      text(),   text(),        number(), text(),
                                                      text(),   text(),        text(),   thumbprint() };
                             }),
                             pageInfo() };
        case 8:
            return Verified { number(), text(), chance() ? std::optional(number()) : std::nullopt, text() };
        case 9:
            return Previewed {
                number(),
                many([&] { return versioned(); }),
                { many([&] {
                      return AccessEffect { chance(),
                                            Action(below(2)),
                                            subject(true),
                                            jid(),
                                            nodeRef(below(9)),
                                            text(),
                                            chance() ? types() : FieldTypes() };
                  }),
                  count(), count(), many([&] { return FriendshipEffect { chance(), jid(), jid() }; }),
                  count(), count(), chance() },
                many([&] {
                    return Delivery { .jid = jid(), .kind = Delivery::Kind(below(3)), .peer = text() };
                }),
                count(),
                many([&] { return key(); })
            };
        case 10:
            return Explained { number(), answer(), many([&] { return verdict(); }), count(), uniqueWords() };
        default:
            return Done {};
        }
    }

    Event event()
    {
        return { word(),
                 number(),
                 number(),
                 chance(),
                 many([&] { return status(); }),
                 many([&] { return revision(); }) };
    }
    Conflicts conflicts()
    {
        return { many([&] { return versioned(); }) };
    }

private:
    int below(int limit) { return int(m_random() % unsigned(limit)); }
    bool chance() { return below(2) == 0; }
    qint64 number() { return chance() ? below(9) : std::numeric_limits<qint64>::max() - below(9); }
    int count() { return chance() ? below(9) : std::numeric_limits<int>::max() - below(9); }
    QString text() { return chance() ? QString() : u"<täxt> & \"%1\"\t\n\r𝄞"_s.arg(below(100)); }
    QString word() { return u"w%1"_s.arg(below(100)); }
    QString jid() { return u"thing-%1@ä.example"_s.arg(below(1000)); }
    Effect effect() { return chance() ? Effect::Allow : Effect::Deny; }
    FieldTypes types() { return FieldTypes::fromInt(1 + below(allFieldTypes.toInt())); }
    QDateTime moment()
    {
        return { QDate(2026, 1, 1 + below(28)), QTime::fromMSecsSinceStartOfDay(below(86'400'000)),
                 QTimeZone::UTC };
    }
    QDateTime maybeMoment() { return chance() ? moment() : QDateTime(); }

    template<typename Make>
    QList<std::invoke_result_t<Make>> many(Make make)
    {
        QList<std::invoke_result_t<Make>> list;
        for (int i = 0; i < below(5); ++i)
            list.append(make());
        return list;
    }

    QStringList words()
    {
        QStringList words;
        for (int i = 0; i < below(4); ++i)
            words.append(u"%1 & %2\r"_s.arg(word()).arg(i).trimmed());
        return words;
    }

    Page page() { return { chance() ? std::optional(count()) : std::nullopt, text() }; }
    Page pageEitherWay()
    {
        Page page { chance() ? std::optional(count()) : std::nullopt };
        if (chance())
            page.before = chance() ? u""_s : word();
        else
            page.after = text();
        return page;
    }
    PageInfo pageInfo()
    {
        return { text(), text(), chance() ? std::optional(count()) : std::nullopt, chance() };
    }
    ChangeSet changeSet()
    {
        return { word(), text(), many([&] { return change(); }) };
    }
    RevisionInfo revision()
    {
        return { number(), moment(), text(), text(), count(), text(), text(), maybeMoment() };
    }
    QStringList uniqueWords() { return chance() ? QStringList() : QStringList { u"r1"_s, u"r 2"_s }; }

    Provisioning question()
    {
        const Jid about = Jid::parse(jid()).value();
        switch (below(5)) {
        case 0:
            return IsFriend { about };
        case 1:
            return CanRead { .jid = about, .fields = { u"Energy"_s } };
        case 2:
            return CanControl { .jid = about, .nodes = { nodeRef(1) } };
        case 3:
            return HasPrivilege { .privilegeId = privilegeId() };
        default:
            return DownloadPrivileges {};
        }
    }

    Provisioning answer()
    {
        const Jid about = Jid::parse(jid()).value();
        switch (below(3)) {
        case 0:
            return IsFriendResponse { about, chance() };
        case 1:
            return CanControlResponse { .jid = about, .result = true, .nodes = { nodeRef(1) } };
        default:
            return HasPrivilegeResponse { chance() };
        }
    }

    Verdict verdict()
    {
        return { .node = nodeRef(below(9)),
                 .name = text(),
                 .type = chance() ? std::optional(FieldType(1 << below(14))) : std::nullopt,
                 .allowed = chance(),
                 .granted = chance(),
                 .by = Verdict::By(below(6)),
                 .decidedBy = text(),
                 .place = chance() ? std::optional(count()) : std::nullopt,
                 .considered = many([&] {
                     return Consideration { word(), chance() ? std::optional(count()) : std::nullopt,
                                            Consideration::Outcome(below(11)),
                                            many([&] { return chance(); }) };
                 }) };
    }
    ObjectType type() { return allObjectTypes[size_t(below(int(allObjectTypes.size())))]; }
    ObjectKey key() { return { type(), word() }; }

    NodeRef nodeRef(int i)
    {
        return { u"n%1"_s.arg(i), chance() ? QString() : word(), chance() ? QString() : word() };
    }

    Thing thing()
    {
        Thing thing {
            .jid = jid(),
            .kind = ThingKind(below(4)),
            .name = text(),
            .owner = text(),
            .tags = words(),
            .roles = words(),
            .comment = text(),
            .noted = chance(),
        };
        for (int i = 0; i < below(5); ++i) {
            Node node { .ref = i == 0 && chance() ? NodeRef {} : nodeRef(i),
                        .name = text(),
                        .parameters = words() };
            if (i > 0 && chance())
                node.parent = thing.nodes.last().ref;
            for (int j = 0; j < below(4); ++j)
                node.fields.append({ u"%1%2"_s.arg(text()).arg(j), types() });
            thing.nodes.append(node);
        }
        return thing;
    }

    Friendship friendship()
    {
        Friendship pair = makeFriendship(u"a%1@x.example"_s.arg(below(9)), jid());
        pair.state = chance() ? Friendship::State::Accepted : Friendship::State::Rejected;
        pair.secondaryTrustAllowed = chance();
        pair.comment = text();
        return pair;
    }

    Subject subject(bool tokens)
    {
        Subject subject { .kind = Subject::Kind(below(tokens ? 5 : 4)) };
        if (subject.kind == Subject::Kind::Jid)
            subject.value = jid();
        else if (subject.kind == Subject::Kind::Domain)
            subject.value = u"ä.example"_s;
        else if (subject.kind == Subject::Kind::Role)
            subject.value = word();
        else if (subject.kind == Subject::Kind::Certificate)
            subject.value = u"0123456789abcdef"_s.repeated(4);
        if (tokens) {
            subject.withUser = text();
            subject.withService = text();
        }
        return subject;
    }

    FriendshipRule friendshipRule()
    {
        return { .id = word(),
                 .effect = effect(),
                 .one = subject(false),
                 .other = subject(false),
                 .secondaryTrustAllowed = chance(),
                 .comment = text(),
                 .rank = below(100) - 50 };
    }

    AccessRule accessRule()
    {
        AccessRule rule {
            .id = word(),
            .action = Action(below(2)),
            .effect = effect(),
            .subject = subject(true),
            .target = { .kind = Target::Kind(below(3)) },
            .names = words(),
            .comment = text(),
            .rank = below(100) - 50,
        };
        if (rule.target.kind == Target::Kind::Device)
            rule.target.value = jid();
        else if (rule.target.kind == Target::Kind::Role)
            rule.target.value = word();
        if (chance()) {
            rule.target.node = NodePattern { .nodeId = word(), .andBelow = chance() };
            if (chance())
                rule.target.node->sourceId = QString();
            if (chance())
                rule.target.node->cacheType = word();
        }
        if (rule.action == Action::Read && chance())
            rule.types = types();
        if (chance())
            rule.from = moment();
        if (chance())
            rule.until = moment().addMonths(1);
        return rule;
    }

    QString thumbprint() { return u"%1"_s.arg(below(1000), 64, 16, QLatin1Char('0')); }
    double decimal(int most) { return (below(2 * most * 1000 + 1) - most * 1000) / 1000.0; }
    QString privilegeId() { return u"Ä & Ö.%1"_s.arg(word()); }

    AccessCondition condition()
    {
        using Kind = AccessCondition::Kind;
        AccessCondition condition { .kind = Kind(below(8)) };
        switch (condition.kind) {
        case Kind::Jid:
            condition.value = jid();
            break;
        case Kind::IpAddress:
            condition.value = chance() ? u"10.0.0.0/8"_s : u"2001:db8::1-2001:db8::ff"_s;
            break;
        case Kind::HostName:
            condition.value = chance() ? u".ä.example"_s : u"desk.example"_s;
            break;
        case Kind::Certificate:
            condition.value = thumbprint();
            break;
        case Kind::Location:
            condition.latitude = decimal(90);
            condition.longitude = decimal(180);
            condition.metres = below(20'000'001);
            break;
        case Kind::UserName:
        case Kind::SsoToken:
        case Kind::Protocol:
            condition.value = word();
            break;
        }
        return condition;
    }

    PrivilegeList privilegeList()
    {
        PrivilegeList list { .service = word(), .holder = PrivilegeList::Holder(below(3)) };
        if (list.holder != PrivilegeList::Holder::Anonymous)
            list.name = word();
        list.entries = many([&] { return PrivilegeEntry { chance(), privilegeId() }; });
        list.comment = text();
        return list;
    }

    Certificate certificate()
    {
        Certificate certificate { .thumbprint = thumbprint() };
        if (chance()) {
            certificate.der = QByteArray::number(below(1000));
            certificate.thumbprint = QString::fromLatin1(
                QCryptographicHash::hash(certificate.der, QCryptographicHash::Sha256).toHex());
        }
        certificate.subject = text();
        certificate.issuer = text();
        certificate.notBefore = maybeMoment();
        certificate.notAfter = maybeMoment();
        certificate.jid = chance() ? jid() : QString();
        certificate.revoked = chance();
        certificate.comment = text();
        certificate.noted = chance();
        return certificate;
    }

    Object object()
    {
        switch (type()) {
        case ObjectType::Thing:
            return thing();
        case ObjectType::Friendship:
            return friendship();
        case ObjectType::FriendshipRule:
            return friendshipRule();
        case ObjectType::AccessRule:
            return accessRule();
        case ObjectType::Service:
            return Service { .id = word(),
                             .name = text(),
                             .certificates = { thumbprint() },
                             .access = many([&] {
                                 return ServiceRule { effect(), many([&] { return condition(); }), text() };
                             }),
                             .comment = text(),
                             .noted = chance() };
        case ObjectType::User:
            return User { .name = word(),
                          .certificates = { thumbprint() },
                          .roles = words(),
                          .comment = text(),
                          .noted = chance() };
        case ObjectType::PrivilegeList:
            return privilegeList();
        case ObjectType::Privilege:
            return Privilege { word(), privilegeId(), text(), chance() };
        case ObjectType::Certificate:
            return certificate();
        case ObjectType::Question:
            return Question { u"a%1@x.example"_s.arg(below(9)), jid(), maybeMoment() };
        case ObjectType::Containment:
            return Containment { jid(), maybeMoment(), text() };
        case ObjectType::RoleGrant:
            return RoleGrant { chance() ? thumbprint() : jid(), AdminRole(1 + below(3)), text() };
        case ObjectType::Policy:
            break;
        }
        return Policy { Policy::Unknown(below(2)), Policy::Challenge(below(4)), 1 + below(8784) };
    }

    VersionedObject versioned()
    {
        if (chance())
            return { key(), number(), {} };
        const Object value = object();
        return { { objectType(value), objectId(value) }, number(), value };
    }

    Change change()
    {
        Change change { .verb = Change::Verb(below(3)), .key = key(), .base = number() };
        if (change.verb == Change::Verb::Put) {
            change.object = object();
            change.key = { objectType(*change.object), objectId(*change.object) };
        }
        if (change.verb == Change::Verb::Move || chance())
            change.after = chance() ? u""_s : word();
        return change;
    }

    Delivery delivery()
    {
        return { number(),
                 number(),
                 jid(),
                 Delivery::Kind(below(3)),
                 chance() ? QString() : jid(),
                 Delivery::State(below(4)),
                 count(),
                 maybeMoment(),
                 maybeMoment(),
                 maybeMoment(),
                 text(),
                 number() };
    }

    ThingStatus status() { return { jid(), chance(), maybeMoment(), maybeMoment() }; }

    std::mt19937 m_random;
};

Element payload(const QByteArray &xml)
{
    const Result<Element> element = Element::fromXml(xml);
    if (!element)
        qFatal("%s", qPrintable(element.error().text));
    return *element;
}

QByteArray inNamespace(QByteArray body)
{
    const qsizetype nameEnd = body.indexOf('<') + 1 + qsizetype(strcspn(body.constData() + 1, " />"));
    return body.insert(nameEnd, " xmlns='urn:castellan:admin:0'");
}

template<typename T>
QByteArray fault(const Result<T> &result)
{
    return result ? QByteArray() : result.error().text.toUtf8();
}

} // namespace

class AdminTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readingUndoesWriting();
    void writtenIsValid();
    void operations();
    void emptyAfterMeansFirst();
    void readsWhatOthersWrite_data();
    void readsWhatOthersWrite();
    void s26_requestRefused_data();
    void s26_requestRefused();
    void schemaRefusesToo_data() { s26_requestRefused_data(); }
    void schemaRefusesToo();
    void wrongType();
    void unknownOperation();
    void answersRefused_data();
    void answersRefused();
    void manyChanges();
};

void AdminTest::readingUndoesWriting()
{
    for (quint32 seed = 0; seed < 1500; ++seed) {
        RandomPayload random(seed);

        const Request request = random.request();
        QByteArray xml = write(request).toXml();
        const Result<Request> readRequest = admin::readRequest(payload(xml), isSet(request));
        QVERIFY2(readRequest, xml + fault(readRequest));
        QVERIFY2(*readRequest == request, xml);

        const Response response = random.response();
        const Element element = write(response);
        xml = element.toXml();
        const Result<Response> readResponse = admin::readResponse(element.name.isEmpty() ? Element()
                                                                                         : payload(xml));
        QVERIFY2(readResponse, xml + fault(readResponse));
        QVERIFY2(*readResponse == response, xml);

        const Event event = random.event();
        xml = write(event).toXml();
        const Result<Event> readEvent = admin::readEvent(payload(xml));
        QVERIFY2(readEvent, xml + fault(readEvent));
        QVERIFY2(*readEvent == event, xml);

        const Conflicts conflicts = random.conflicts();
        xml = write(conflicts).toXml();
        const Result<Conflicts> readConflicts = admin::readConflicts(payload(xml));
        QVERIFY2(readConflicts, xml + fault(readConflicts));
        QVERIFY2(*readConflicts == conflicts, xml);
    }
}

void AdminTest::writtenIsValid()
{
    QByteArrayList documents;
    for (quint32 seed = 0; seed < 250; ++seed) {
        RandomPayload random(seed);
        documents.append(write(random.request()).toXml());
        if (const Element response = write(random.response()); !response.name.isEmpty())
            documents.append(response.toXml());
        documents.append(write(random.event()).toXml());
        documents.append(write(random.conflicts()).toXml());
    }
    QCOMPARE(schemaFaults(u"castellan-admin.xsd"_s, documents), QByteArray());
}

void AdminTest::operations()
{
    QSet<QString> names;
    for (quint32 seed = 0; seed < 400; ++seed) {
        const Request request = RandomPayload(seed).request();
        QCOMPARE(write(request).name, operationName(request));
        names.insert(operationName(request));
    }
    QCOMPARE(names.size(), qsizetype(std::variant_size_v<Request>));
}

void AdminTest::emptyAfterMeansFirst()
{
    const auto after = [](const QByteArray &attribute) {
        const Result<Request> read = readRequest(
            payload(inNamespace("<apply id='1'><change verb='move' type='access-rule' id='r' base='1'"
                                + attribute + "/></apply>")),
            true);
        return std::get<Apply>(read.value()).changeSet.changes[0].after;
    };
    QVERIFY(!after(""));
    QVERIFY(after(" after=''"));
    QCOMPARE(after(" after=''"), std::optional(u""_s));
}

void AdminTest::readsWhatOthersWrite_data()
{
    QTest::addColumn<QByteArray>("xml");
    QTest::addColumn<bool>("set");
    QTest::addColumn<Request>("expected");

    const AccessRule rule {
        .id = u"1"_s,
        .action = Action::Read,
        .effect = Effect::Deny,
        .types = FieldType::Peak | FieldType::HistoricalDay,
        .from = QDateTime(QDate(2026, 1, 1), QTime(10, 0), QTimeZone::UTC),
    };
    QTest::newRow("any order of children, other spellings")
        << inNamespace("<apply id='a'><change verb='put' type='access-rule' id='1'>\n"
                       "  <access-rule id='1' action='read' effect='deny' types=' historicalDay\n peak '"
                       " from=' 2026-01-01T12:00:00+02:00 ' xml:lang='en'>"
                       "<target kind='any'/><x xmlns='urn:x' y='z'>…</x><subject kind='everyone'/>"
                       "</access-rule></change></apply>")
        << true
        << Request(
               Apply { { u"a"_s, {}, { { .key = { ObjectType::AccessRule, u"1"_s }, .object = rule } } } });
    QTest::newRow("a page as XEP-0059 has it")
        << inNamespace("<changes since='7'><set xmlns='http://jabber.org/protocol/rsm'>"
                       "<max>10</max><after>x</after></set></changes>")
        << false << Request(GetChanges { 7, { 10, u"x"_s } });
    QTest::newRow("the last page") << inNamespace(
        "<list type='thing'><set xmlns='http://jabber.org/protocol/rsm'>"
        "<max>10</max><before/></set></list>")
                                   << false << Request(ListObjects { {}, { .max = 10, .before = u""_s } });
    QTest::newRow("no page") << inNamespace("<changes/>") << false << Request(GetChanges {});
    QTest::newRow("count only") << inNamespace("<statuses><set xmlns='http://jabber.org/protocol/rsm'>"
                                               "<max>0</max></set></statuses>")
                                << false << Request(GetStatuses { { 0, {} } });
}

void AdminTest::readsWhatOthersWrite()
{
    QFETCH(const QByteArray, xml);
    QFETCH(const bool, set);
    QFETCH(const Request, expected);
    const Result<Request> read = readRequest(payload(xml), set);
    QVERIFY2(read, fault(read));
    QVERIFY(*read == expected);
}

void AdminTest::s26_requestRefused_data()
{
    QTest::addColumn<QByteArray>("xml");
    QTest::addColumn<FailureKind>("kind");
    QTest::addColumn<QString>("mentions");
    QTest::addColumn<bool>("schemaCanTell");

    const auto row = [](const char *about, const QByteArray &xml, const QString &mentions,
                        bool schemaCanTell = true, FailureKind kind = FailureKind::BadRequest) {
        QTest::newRow(about) << inNamespace(xml) << kind << mentions << schemaCanTell;
    };
    const auto change = [](const QByteArray &attributes, const QByteArray &content = {}) {
        return "<apply id='a'><change " + attributes + ">" + content + "</change></apply>";
    };
    const auto put = [&](const QByteArray &type, const QByteArray &content) {
        return change("verb='put' id='1' type='" + type + "'", content);
    };
    const QByteArray parts = "<subject kind='everyone'/><target kind='any'/>";
    const auto rule = [&](const QByteArray &attributes, const QByteArray &content) {
        return put("access-rule", "<access-rule id='1' " + attributes + ">" + content + "</access-rule>");
    };
    const auto readRule = [&](const QByteArray &attributes) {
        return rule("action='read' effect='allow' " + attributes, parts);
    };
    const auto paged = [](const QByteArray &set) {
        return "<changes><set xmlns='http://jabber.org/protocol/rsm'>" + set + "</set></changes>";
    };

    row("misspelt attribute", "<changes Since='1'/>", u"Since"_s);
    row("no number", "<changes since='many'/>", u"many"_s);
    row("negative", "<changes since='-1'/>", u"-1"_s);
    row("too large", "<changes since='9223372036854775808'/>", u"9223372036854775808"_s);
    row("unknown child", "<changes><page/></changes>", u"page"_s);
    row("text", "<changes>all</changes>", u"all"_s);
    row("max is no number", paged("<max>all</max>"), u"all"_s);
    row("max is negative", paged("<max>-1</max>"), u"-1"_s, false);
    row("backwards", paged("<before/>"), u"before"_s, false, FailureKind::FeatureNotImplemented);
    row("both ways",
        "<list type='thing'><set "
        "xmlns='http://jabber.org/protocol/rsm'><after>a</after><before/></set></list>",
        u"both"_s, false);
    row("unknown filter", "<list type='thing'><filter property='colour' value='red'/></list>", u"colour"_s);
    row("unknown order", "<list type='thing' sort='size'/>", u"size"_s);
    row("half an object", "<history type='thing'/>", u"id"_s, false);
    row("explains nothing", "<explain asker='a@b'/>", u"XEP-0324"_s);
    const QByteArray isFriend = "<isFriend xmlns='urn:xmpp:iot:provisioning' jid='a@b'/>";
    row("explains two", "<explain asker='a@b'>" + isFriend + isFriend + "</explain>", u"more than one"_s);
    row("bad question", "<explain asker='a@b'><isFriend xmlns='urn:xmpp:iot:provisioning'/></explain>",
        u"jid"_s);
    row("unknown bearer", "<explain asker='a@b'><bearer as='guest'/>" + isFriend + "</explain>", u"guest"_s);
    row("confirmation", "<apply id='a' confirm-within='-1'/>", u"confirm-within"_s);
    row("contains nobody", "<contain/>", u"jid"_s);
    row("unfriends nobody", "<unfriend jid='a@b'/>", u"peer"_s);
    row("answers for all", "<answer asker='a@b' jid='c@d' accept='true' scope='all'/>", u"all"_s);
    row("by index", paged("<index>5</index>"), u"index"_s, false, FailureKind::FeatureNotImplemented);
    row("no type", "<list/>", u"type"_s);
    row("unknown type", "<list type='device'/>", u"device"_s);
    row("no key", "<get type='thing'/>", u"id"_s);
    row("no id", "<apply/>", u"id"_s);
    row("not a change", "<apply id='a'><thing jid='a@b' kind='thing'/></apply>", u"thing"_s);
    row("unknown verb", change("verb='delete' type='thing' id='a@b'"), u"delete"_s);
    row("put without object", change("verb='put' type='thing' id='a@b'"), u"object"_s, false);
    row("remove with object",
        change("verb='remove' type='thing' id='a@b'", "<thing jid='a@b' kind='thing'/>"), u"object"_s, false);
    row("two objects", put("thing", "<thing jid='a@b' kind='thing'/><thing jid='a@b' kind='thing'/>"),
        u"more than one"_s);
    row("unknown object", put("thing", "<device jid='a@b'/>"), u"device"_s);
    row("thing without JID", put("thing", "<thing kind='thing'/>"), u"jid"_s);
    row("thing without kind", put("thing", "<thing jid='a@b'/>"), u"kind"_s);
    row("empty tag", put("thing", "<thing jid='a@b' kind='thing'><tag/></thing>"), u"tag"_s);
    row("field without types",
        put("thing", "<thing jid='a@b' kind='thing'><node><field name='E'/></node></thing>"), u"types"_s);
    row("malformed JID", put("thing", "<thing jid='a b@c' kind='thing'/>"), u"a b"_s, false,
        FailureKind::JidMalformed);
    row("friends with itself", put("friendship", "<friendship a='a@b' b='A@b/c' state='accepted'/>"),
        u"itself"_s, false);
    row("state", put("friendship", "<friendship a='a@b' b='c@d' state='perhaps'/>"), u"perhaps"_s);
    row("one side",
        put("friendship-rule",
            "<friendship-rule id='1' effect='allow'><one kind='everyone'/></friendship-rule>"),
        u"other"_s);
    row("two first sides",
        put("friendship-rule",
            "<friendship-rule id='1' effect='allow'><one kind='everyone'/><one "
            "kind='everyone'/></friendship-rule>"),
        u"more than once"_s);
    row("rule without effect", rule("action='read'", parts), u"effect"_s);
    row("rule without subject", rule("action='read' effect='allow'", "<target kind='any'/>"), u"subject"_s);
    row("rule without target", rule("action='read' effect='allow'", "<subject kind='everyone'/>"),
        u"target"_s);
    row("two targets", rule("action='read' effect='allow'", parts + "<target kind='any'/>"),
        u"more than once"_s);
    row("empty name", rule("action='read' effect='allow'", parts + "<name/>"), u"name"_s);
    row("unknown subject", rule("action='read' effect='allow'", "<subject kind='all'/><target kind='any'/>"),
        u"all"_s);
    row("misspelt part of a subject",
        rule("action='read' effect='allow'", "<subject kind='everyone' withUser='x'/><target kind='any'/>"),
        u"withUser"_s);
    row("two nodes",
        rule("action='read' effect='allow'",
             "<subject kind='everyone'/><target kind='any'><node node-id='1'/><node node-id='2'/></target>"),
        u"more than once"_s);
    row("unknown field type", readRule("types='momentary weekly'"), u"weekly"_s);
    row("no field type", readRule("types=''"), u"types"_s);
    row("time without zone", readRule("from='2026-01-01T00:00:00'"), u"zone"_s);
    row("day only", readRule("from='2026-01-01'"), u"zone"_s);
    row("not a time", readRule("until='tomorrow'"), u"tomorrow"_s);
    row("ends before it begins", readRule("from='2026-01-02T00:00:00Z' until='2026-01-01T00:00:00Z'"),
        u"until"_s, false);
    row("rank", readRule("rank='first'"), u"first"_s);

    const auto condition = [&](const QByteArray &attributes) {
        return put("service",
                   "<service id='1'><access effect='allow'><condition " + attributes
                       + "/></access></service>");
    };
    row("service with white space", put("service", "<service id='a b'/>"), u"a b"_s);
    row("access without effect", put("service", "<service id='1'><access/></service>"), u"effect"_s);
    row("unknown condition", condition("kind='face' value='x'"), u"face"_s);
    row("condition without value", condition("kind='user-name'"), u"value"_s, false);
    row("address", condition("kind='ip-address' value='10.0.0.0/33'"), u"10.0.0.0/33"_s, false);
    row("place without distance", condition("kind='location' latitude='1' longitude='2'"), u"metres"_s,
        false);
    row("place with value", condition("kind='location' value='here' latitude='1' longitude='2' metres='3'"),
        u"value"_s, false);
    row("name with a place", condition("kind='user-name' value='x' latitude='1'"), u"latitude"_s, false);
    row("infinite distance", condition("kind='location' latitude='1' longitude='2' metres='INF'"), u"INF"_s,
        false);
    row("distance", condition("kind='location' latitude='1' longitude='2' metres='3 m'"), u"3 m"_s);
    row("thumbprint", put("user", "<user name='1'><certificate>abc</certificate></user>"), u"abc"_s);
    row("nameless list", put("privilege-list", "<privilege-list service='1' holder='role'/>"), u"name"_s,
        false);
    row("unknown entry",
        put("privilege-list", "<privilege-list service='1' holder='anonymous'><permit/></privilege-list>"),
        u"permit"_s);
    row("entry",
        put("privilege-list",
            "<privilege-list service='1' holder='anonymous'><include id='a..b'/></privilege-list>"),
        u"a..b"_s);
    row("privilege", put("privilege", "<privilege service='1' privilege='.'/>"), u"."_s);
    const QByteArray thumbprint = QByteArray(64, '0');
    row("DER is not base64",
        put("certificate", "<certificate thumbprint='" + thumbprint + "'><der>AA</der></certificate>"),
        u"base64"_s);
    row("DER of another certificate",
        put("certificate", "<certificate thumbprint='" + thumbprint + "'><der>AAAA</der></certificate>"),
        u"thumbprint"_s, false);
    row("asks itself", put("question", "<question asker='a@b' jid='a@b'/>"), u"itself"_s, false);
    row("contained until tomorrow", put("containment", "<containment jid='a@b' until='tomorrow'/>"),
        u"tomorrow"_s);
    row("policy", put("policy", "<policy unknown-friends='maybe'/>"), u"maybe"_s);
    row("hours", put("policy", "<policy challenge-hours='0'/>"), u"challengeHours"_s);
}

void AdminTest::s26_requestRefused()
{
    QFETCH(const QByteArray, xml);
    QFETCH(const FailureKind, kind);
    QFETCH(const QString, mentions);
    const Element request = payload(xml);
    const QStringList sets { u"apply"_s, u"contain"_s, u"unfriend"_s, u"answer"_s };
    const Result<Request> read = readRequest(request, sets.contains(request.name));
    QVERIFY(!read);
    QCOMPARE(read.error().kind, kind);
    QVERIFY2(read.error().text.contains(mentions), fault(read));
}

void AdminTest::schemaRefusesToo()
{
    QFETCH(const QByteArray, xml);
    QFETCH(const bool, schemaCanTell);
    QCOMPARE(!schemaFaults(u"castellan-admin.xsd"_s, { xml }).isEmpty(), schemaCanTell);
}

void AdminTest::wrongType()
{
    for (const auto &[xml, set] : { std::pair { "<changes/>"_ba, true }, { "<subscribe/>"_ba, false } }) {
        const Result<Request> read = readRequest(payload(inNamespace(xml)), set);
        QVERIFY(!read);
        QCOMPARE(read.error().kind, FailureKind::BadRequest);
    }
}

void AdminTest::unknownOperation()
{
    const Result<Request> unknown = readRequest(payload(inNamespace("<reboot/>")), true);
    QVERIFY(!unknown);
    QCOMPARE(unknown.error().kind, FailureKind::FeatureNotImplemented);
    const Result<Request> foreign = readRequest(payload("<changes xmlns='urn:x'/>"), false);
    QVERIFY(!foreign);
    QCOMPARE(foreign.error().kind, FailureKind::FeatureNotImplemented);
}

void AdminTest::answersRefused_data()
{
    QTest::addColumn<QByteArray>("xml");
    QTest::newRow("unknown") << inNamespace("<thing jid='a@b' kind='thing'/>");
    QTest::newRow("foreign") << "<objects xmlns='urn:x' revision='1'/>"_ba;
    QTest::newRow("no revision") << inNamespace("<objects/>");
    QTest::newRow("item without version")
        << inNamespace("<objects revision='1'><item type='thing' id='a@b'/></objects>");
    QTest::newRow("count is no number") << inNamespace(
        "<status-page><set xmlns='http://jabber.org/protocol/rsm'><count>many</count></set></status-page>");
    QTest::newRow("number too large for a count")
        << inNamespace("<applied id='a' revision='1' deliveries='2147483648'/>");
    QTest::newRow("online perhaps") << inNamespace(
        "<status-page><status jid='a@b' online='perhaps'/></status-page>");
    QTest::newRow("role") << inNamespace("<server role='king' revision='1' page-size='1' change-set-size='1' "
                                         "search-length='1' concurrent='1' analyses='1' rows='1' filters='1' "
                                         "confirm-within='1'/>");
    QTest::newRow("two types in a verdict") << inNamespace(
        "<explained revision='1' verdicts='1'><hasPrivilegeResponse xmlns='urn:xmpp:iot:provisioning' "
        "result='true'/><verdict by='rule' types='peak momentary'/></explained>");
    QTest::newRow("nobody's access") << inNamespace(
        "<previewed revision='1' access-gained='1' access-lost='0' friendships-gained='0' "
        "friendships-lost='0' deliveries='0'><access gained='true' action='read' device='a@b'/></previewed>");
}

void AdminTest::answersRefused()
{
    QFETCH(const QByteArray, xml);
    const Element answer = payload(xml);
    const Result<Response> read = readResponse(answer);
    QVERIFY(!read);
    QVERIFY(!read.error().text.isEmpty());
    QVERIFY(!readEvent(answer));
    QVERIFY(!readConflicts(answer));
}

void AdminTest::manyChanges()
{
    // More than any server takes: reading must stay linear, the server says no to the number.
    Change change { .key = { ObjectType::Thing, u"a@b"_s }, .object = Thing { .jid = u"a@b"_s } };
    change.object = normalised(*change.object).value();
    Apply apply { { u"id"_s, {}, QList<Change>(50'000, change) } };
    const Result<Request> read = readRequest(write(apply), true);
    QVERIFY2(read, fault(read));
    QVERIFY(*read == Request(apply));
}

QTEST_GUILESS_MAIN(AdminTest)
#include "tst_admin.moc"
