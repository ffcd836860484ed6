// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/draftstate.h"

#include <QRandomGenerator>
#include <QTest>

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

const Slot firstSlot { Action::Read, u""_s };
const Slot lastSlot { Action::Read, std::nullopt };

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
        const Slot behindA { Action::Read, u"a"_s };
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
        QVERIFY(state.placeOf(u"r"_s));
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

    void whatIsNoStepIsRefused()
    {
        QVERIFY(!DraftStep::fromXml("<step"));
        QVERIFY(
            !DraftStep::fromXml("<step xmlns='urn:castellan:admin:0'><edit type='dragon' id='x'/></step>"));
        QVERIFY(!DraftStep::fromXml("<step xmlns='urn:castellan:admin:0'><edit type='thing' id='x'><after "
                                    "verb='eat'/></edit></step>"));
    }

private:
    static void edit(DraftState &state, QRandomGenerator &random)
    {
        const QString id = u"rule%1"_s.arg(random.bounded(6));
        AccessRule rule = makeRule(id);
        const bool known = id != u"rule5"_s;
        const VersionedObject base = known ? committed(rule) : absent(rule);
        switch (random.bounded(6)) {
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
        default:
            state.moveLast(id);
        }
    }
};

QTEST_GUILESS_MAIN(TestDraftState)
#include "tst_draftstate.moc"
