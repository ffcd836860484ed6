// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/draftstate.h"
#include "replica/merge.h"

#include <QRandomGenerator>
#include <QTest>
#include <QTimeZone>

using namespace castellan;
using namespace castellan::replica;
using namespace Qt::StringLiterals;

namespace {

AccessRule makeRule(const QString &id, Action action = Action::Read)
{
    return { .id = id, .action = action, .subject = { Subject::Kind::Jid, u"user@example.org"_s } };
}

VersionedObject committed(const Object &object, Revision version = 1)
{
    return { .key = { objectType(object), objectId(object) }, .version = version, .object = object };
}

VersionedObject absent(const Object &object)
{
    return { .key = { objectType(object), objectId(object) }, .version = 0, .object = {} };
}

const Slot firstSlot { RuleList::Read, u""_s };
const Slot lastSlot { RuleList::Read, std::nullopt };

} // namespace

class TestDraftState : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void editsOfAnObjectCollapse()
    {
        DraftState state;
        AccessRule rule = makeRule(u"r"_s);
        const VersionedObject base = committed(rule, 7);
        rule.effect = Effect::Deny;
        state.put(base, rule);
        rule.comment = u"why"_s;
        state.put(committed(rule, 9), rule); // whatever base a later edit names: the first one was seen first
        QCOMPARE(state.edits.size(), 1);
        QCOMPARE(state.edits.first().base, base);
        QCOMPARE(state.edits.first().mine, Object(rule));

        state.remove(base);
        QCOMPARE(state.edits.first().verb, Change::Verb::Remove);
        state.put(base, *base.object);
        QVERIFY(state.edits.isEmpty());
    }

    void whatIsNewAndRemovedIsNothing()
    {
        DraftState state;
        const AccessRule rule = makeRule(u"r"_s);
        state.put(absent(rule), rule);
        QCOMPARE(state.places.value(lastSlot), QStringList { u"r"_s });
        state.remove(absent(rule));
        QCOMPARE(state, DraftState());
    }

    void theRankIsNotAnEdit()
    {
        DraftState state;
        AccessRule rule = makeRule(u"r"_s);
        const VersionedObject base = committed(rule);
        rule.rank = 5;
        state.put(base, rule);
        QVERIFY(state.edits.isEmpty());
    }

    void placesFollowTheRuleTheyNameUnlessThatMoves()
    {
        DraftState state;
        const auto rule = [](const QString &id) { return committed(makeRule(id)); };
        state.move(rule(u"x"_s), u"a"_s);
        state.move(rule(u"y"_s), u"a"_s); // directly behind a: before x
        state.move(rule(u"z"_s), u"x"_s); // behind the drafted x
        const Slot behindA { RuleList::Read, u"a"_s };
        QCOMPARE(state.places.value(behindA), (QStringList { u"y"_s, u"x"_s, u"z"_s }));

        state.move(rule(u"x"_s), u""_s);
        QCOMPARE(state.places.value(firstSlot), QStringList { u"x"_s });
        QCOMPARE(state.places.value(behindA), (QStringList { u"y"_s, u"z"_s }));

        state.move(rule(u"x"_s), u"x"_s); // behind itself: stays
        QCOMPARE(state.places.value(firstSlot), QStringList { u"x"_s });
        state.remove(rule(u"y"_s));
        QCOMPARE(state.places.value(behindA), QStringList { u"z"_s });
    }

    void aChangedRuleMayMoveToo()
    {
        DraftState state;
        AccessRule rule = makeRule(u"r"_s);
        const VersionedObject base = committed(rule);
        rule.effect = Effect::Deny;
        state.put(base, rule);
        state.move(base, u""_s);
        QCOMPARE(state.edits.first().verb, Change::Verb::Put);
        QVERIFY(state.placeOf({ ObjectType::AccessRule, u"r"_s }));
        state.put(base, *base.object); // the content is back, the place is not
        QCOMPARE(state.edits.first().verb, Change::Verb::Move);
    }

    void rebasing()
    {
        AccessRule rule = makeRule(u"r"_s);
        const VersionedObject base = committed(rule, 1);
        AccessRule mine = rule;
        mine.comment = u"mine"_s;
        DraftState state;
        state.put(base, mine);

        AccessRule theirs = rule;
        theirs.comment = u"theirs"_s;
        state.rebase(committed(theirs, 2));
        QCOMPARE(state.edits.first().base.version, 2);
        QCOMPARE(state.edits.first().mine, Object(mine));

        state.rebase({ .key = base.key, .version = 3, .object = {} }); // removed
        QVERIFY(state.edits.first().creates());
        QCOMPARE(state.edits.first().base.version, 0);
        QCOMPARE(state.places.value(lastSlot), QStringList { u"r"_s });

        DraftState removal;
        removal.remove(base);
        removal.rebase({ .key = base.key, .version = 3, .object = {} });
        QCOMPARE(removal, DraftState());
    }

    /// Law: a step, applied and taken back in any order the history allows, gives the states it was between,
    /// also after it was written and read.
    void stepsAreReversible()
    {
        QRandomGenerator random(20260101);
        for (int round = 0; round < 30; ++round) {
            QList<DraftState> states { DraftState() };
            QList<DraftStep> steps;
            for (int i = 0; i < 40; ++i) {
                DraftState state = states.last();
                edit(state, random);
                const DraftStep step = states.last().stepTo(state);
                const auto read = DraftStep::fromXml(step.toXml());
                QVERIFY2(read, read ? "" : qPrintable(read.error().text));
                QCOMPARE(*read, step);
                steps.append(*read);
                states.append(state);
            }
            DraftState state = states.last();
            qsizetype position = steps.size();
            for (int i = 0; i < 100; ++i) {
                if (position > 0 && (position == steps.size() || random.bounded(2))) {
                    state.undo(steps.at(--position));
                } else {
                    state.redo(steps.at(position++));
                }
                QCOMPARE(state, states.at(position));
            }
        }
    }

    /// Law: however edits of every kind follow each other, what the draft makes of the committed objects is
    /// what a plain list of wishes says, and nothing that is as committed is an edit. Rebasing changes what
    /// edits are made against, and not what they want.
    void editsOfEveryKindAreWhatWasWanted()
    {
        QRandomGenerator random(20260103);
        for (int round = 0; round < 60; ++round) {
            QMap<ObjectKey, VersionedObject> committed;
            for (const Object &object : everyKind(0)) {
                const VersionedObject versioned = random.bounded(3) ? ::committed(object) : absent(object);
                committed.insert(versioned.key, versioned);
            }
            QMap<ObjectKey, std::optional<Object>> wanted;
            for (const VersionedObject &object : std::as_const(committed))
                wanted.insert(object.key, object.object);
            DraftState state;
            for (int i = 0; i < 60; ++i) {
                const QList<Object> wishes = everyKind(random.bounded(3));
                const Object &wish = wishes.at(random.bounded(wishes.size()));
                const ObjectKey key { objectType(wish), objectId(wish) };
                VersionedObject &base = committed[key];
                switch (random.bounded(5)) {
                case 0:
                    if (wanted.value(key) || state.edits.contains(key)) {
                        state.remove(base);
                        wanted[key] = std::nullopt;
                    }
                    break;
                case 1:
                    state.discard(key);
                    wanted[key] = base.object;
                    break;
                case 2: { // somebody else commits
                    if (!state.edits.contains(key))
                        break;
                    base.version += 1;
                    base.object = everyKind(2).at(qsizetype(wish.index()));
                    state.rebase(base);
                    break;
                }
                default:
                    state.put(base, wish);
                    wanted[key] = wish;
                }
                const auto read = DraftStep::fromXml(DraftState().stepTo(state).toXml());
                QVERIFY2(read, read ? "" : qPrintable(read.error().text));
                QCOMPARE(*read, DraftState().stepTo(state));
                for (auto it = committed.cbegin(); it != committed.cend(); ++it) {
                    const auto edit = state.edits.constFind(it.key());
                    std::optional<Object> made = it->object;
                    if (edit != state.edits.cend()) {
                        QCOMPARE(edit->base.object, it->object);
                        // A rule that was new, and that others have created since, has its place from us.
                        if (edit->verb == Change::Verb::Move)
                            QVERIFY(state.placeOf(it.key()));
                        else
                            made = edit->mine;
                        QCOMPARE(made == it->object, edit->verb == Change::Verb::Move);
                    }
                    QCOMPARE(made, wanted.value(it.key()));
                }
            }
        }
    }

    void editsMoveBetweenSets()
    {
        DraftState one;
        const FriendshipRule rule { .id = u"f"_s };
        const Thing thing { .jid = u"a@example.org"_s };
        one.put(absent(rule), rule);
        one.move(absent(rule), u""_s);
        DraftState other;
        other.put(absent(thing), thing);
        const ObjectKey key { ObjectType::FriendshipRule, u"f"_s };
        other.adopt(one, key);
        other.adopt(one, { ObjectType::Thing, u"b@example.org"_s }); // which it does not edit
        QCOMPARE(other.edits.size(), 2);
        QCOMPARE(other.ordered().last().base.key, key);
        QCOMPARE(other.placeOf(key), (Slot { RuleList::Friendship, u""_s }));
        one.discard(key);
        QCOMPARE(one, DraftState());
    }

    /// A friendship rule and an access rule may have one name.
    void listsOfRulesDoNotMix()
    {
        DraftState state;
        const VersionedObject friendship = committed(FriendshipRule { .id = u"r"_s });
        state.move(friendship, u"x"_s);
        state.move(committed(makeRule(u"r"_s)), u"x"_s);
        QCOMPARE(state.places.size(), 2);
        state.discard(friendship.key);
        QCOMPARE(state.places.size(), 1);
        QVERIFY(state.placeOf({ ObjectType::AccessRule, u"r"_s }));
    }

    /// Law: of two edits, the one that changed nothing leaves the other's; every kind, every member.
    void mergingWithNothing()
    {
        for (qsizetype i = 0; i < everyKind(0).size(); ++i) {
            const Object base = everyKind(0).at(i);
            const Object edited = everyKind(1).at(i);
            QVERIFY(base != edited);
            QCOMPARE(merge(base, edited, base), (Merge { edited, {} }));
            QCOMPARE(merge(base, base, edited), (Merge { edited, {} }));
            QCOMPARE(merge(base, edited, edited), (Merge { edited, {} }));
            const auto clash = merge(base, edited, everyKind(2).at(i));
            QVERIFY(clash);
            QVERIFY(!clash->clashes.isEmpty());
            QCOMPARE(clash->object, edited); // all that can be changed was
        }
    }

    void mergingMembers()
    {
        Thing base { .jid = u"a@example.org"_s, .name = u"A"_s, .owner = u"o@example.org"_s };
        Thing mine = base;
        mine.tags = { u"roof"_s };
        Thing theirs = base;
        theirs.name = u"B"_s;
        Thing both = theirs;
        both.tags = mine.tags;
        QCOMPARE(merge(base, mine, theirs), (Merge { both, {} }));
        mine.name = u"C"_s;
        both.name = u"C"_s;
        QCOMPARE(merge(base, mine, theirs), (Merge { both, { u"name"_s } }));
        QVERIFY(!merge(base, mine, makeRule(u"r"_s)));

        // Each validity is one, both together are not.
        const auto day = [](int number) {
            return QDateTime(QDate(2026, 5, number), QTime(0, 0), QTimeZone::UTC);
        };
        AccessRule rule = makeRule(u"r"_s);
        rule.from = day(1);
        rule.until = day(10);
        AccessRule later = rule;
        later.from = day(9);
        AccessRule sooner = rule;
        sooner.until = day(3);
        QVERIFY(!merge(rule, later, sooner));
    }

    void whatIsNoStepIsRefused()
    {
        QVERIFY(!DraftStep::fromXml("<step"));
        QVERIFY(
            !DraftStep::fromXml("<step xmlns='urn:castellan:admin:0'><edit type='dragon' id='x'/></step>"));
        QVERIFY(!DraftStep::fromXml("<step xmlns='urn:castellan:admin:0'><edit type='thing' id='x'><after "
                                    "verb='eat'/></edit></step>"));
    }

private:
    /// One object of each type with the same ids every time; every other member is of that \a variant.
    static QList<Object> everyKind(int variant)
    {
        const QString text = QString(variant, u'x');
        const QString thumbprint(64, QChar(u'a' + variant));
        const QDateTime time = QDateTime(QDate(2026, 1, 1 + variant), QTime(0, 0), QTimeZone::UTC);
        const Subject subject { Subject::Kind::Jid, u"s%1@example.org"_s.arg(variant), {}, {} };
        const bool noted = variant == 1;
        const QString a = u"a@example.org"_s;
        const QString b = u"b@example.org"_s;
        return {
            Thing { .jid = a,
                    .kind = ThingKind(variant),
                    .name = text,
                    .owner = u"o%1@example.org"_s.arg(variant),
                    .tags = { u"t"_s + text },
                    .roles = { u"r"_s + text },
                    .comment = text,
                    .noted = noted,
                    .nodes = { Node { .ref = { u"n"_s + text, {}, {} } } } },
            Friendship { .a = a,
                         .b = b,
                         .state = variant == 1 ? Friendship::State::Rejected : Friendship::State::Accepted,
                         .secondaryTrustAllowed = noted,
                         .comment = text },
            FriendshipRule { .id = u"f"_s,
                             .effect = variant == 1 ? Effect::Deny : Effect::Allow,
                             .one = subject,
                             .other = subject,
                             .secondaryTrustAllowed = noted,
                             .comment = text },
            AccessRule { .id = u"r"_s,
                         .effect = variant == 1 ? Effect::Deny : Effect::Allow,
                         .subject = subject,
                         .target = { Target::Kind::Device, subject.value, {} },
                         .names = { u"Energy"_s + text },
                         .types = FieldTypes(variant == 1 ? FieldType::Peak : FieldType::Momentary),
                         .from = time,
                         .until = time.addDays(1),
                         .comment = text },
            Service { .id = u"s"_s,
                      .name = text,
                      .certificates = { thumbprint },
                      .access = QList<ServiceRule>(variant, ServiceRule()),
                      .comment = text,
                      .noted = noted },
            User { .name = u"u"_s,
                   .certificates = { thumbprint },
                   .roles = { u"r"_s + text },
                   .comment = text,
                   .noted = noted },
            PrivilegeList { .service = u"s"_s,
                            .holder = PrivilegeList::Holder::User,
                            .name = u"u"_s,
                            .entries = QList<PrivilegeEntry>(variant, { true, u"A.B"_s }),
                            .comment = text },
            Privilege { .service = u"s"_s, .privilege = u"A.B"_s, .comment = text, .noted = noted },
            Certificate { .thumbprint = u"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"_s,
                          .der = "test",
                          .subject = text,
                          .issuer = text,
                          .notBefore = time,
                          .notAfter = time.addDays(1),
                          .jid = subject.value,
                          .revoked = noted,
                          .comment = text,
                          .noted = noted },
            Question { .asker = variant == 1 ? b : a, .jid = variant == 1 ? a : b, .asked = time },
            Containment { .jid = a, .until = time, .comment = text },
            Policy { .unknownFriends = variant == 1 ? Policy::Unknown::Ask : Policy::Unknown::Deny,
                     .challenge = Policy::Challenge(variant),
                     .challengeHours = variant + 1 },
            RoleGrant { .holder = a, .role = AdminRole(variant + 1), .comment = text },
        };
    }

    static void edit(DraftState &state, QRandomGenerator &random)
    {
        const QString id = u"rule%1"_s.arg(random.bounded(6));
        AccessRule rule = makeRule(id);
        const bool known = id != u"rule5"_s;
        const VersionedObject base = known ? committed(rule) : absent(rule);
        switch (random.bounded(7)) {
        case 0:
            rule.comment = QString::number(random.bounded(2));
            state.put(base, rule);
            break;
        case 1:
            state.remove(base);
            break;
        case 2:
            state.move(base, random.bounded(3) ? u"rule%1"_s.arg(random.bounded(6)) : u""_s);
            break;
        case 3:
            state.discard(base.key);
            break;
        case 4: {
            const Friendship pair = makeFriendship(u"a@example.org"_s,
                                                   u"b%1@example.org"_s.arg(random.bounded(3)));
            if (random.bounded(2))
                state.put(absent(pair), pair);
            else
                state.remove(committed(pair));
            break;
        }
        case 5:
            state.move(committed(FriendshipRule { .id = id }),
                       random.bounded(2) ? u"rule%1"_s.arg(random.bounded(6)) : u""_s);
            break;
        default:
            state.moveLast({ ObjectType::AccessRule, id });
        }
    }
};

QTEST_GUILESS_MAIN(TestDraftState)
#include "tst_draftstate.moc"
