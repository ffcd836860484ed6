// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "rules/privileges.h"

#include "rules/compilednetwork.h"

#include <QVarLengthArray>

#include <bit>
#include <limits>

namespace castellan::rules {

namespace {

/// Calls \a visit with each whole-part prefix of \a privilege, the shortest first and itself last, and a
/// hash of it.
template<typename Visit>
void forEachPrefix(QStringView privilege, Visit visit)
{
    quint32 hash = 0;
    for (qsizetype begin = 0, end = 0; end >= 0; begin = end + 1) {
        end = privilege.indexOf(u'.', begin);
        const qsizetype size = end < 0 ? privilege.size() : end;
        hash = hash * 31 + hashOf(privilege.sliced(begin, size - begin));
        visit(privilege.first(size), hash);
    }
}

using Lists = QVarLengthArray<const CompiledPrivilegeList *, 16>;

/// Whose containment denies everything (statement 25), or empty.
QString containedOf(const CompiledNetwork &network, const PrivilegesQuestion &question)
{
    for (const QString *jid : { &question.asker, &question.service }) {
        if (network.isContained(*jid))
            return *jid;
    }
    return {};
}

/// The lists of \a service that count, in order (statements 16 and 17).
Lists listsOf(const CompiledNetwork &network, quint32 service, const PrivilegesQuestion &question)
{
    Lists lists;
    const auto append = [&](PrivilegeList::Holder holder, const QString &name) {
        if (const CompiledPrivilegeList *list = network.privilegeList(service, holder, name))
            lists.append(list);
    };
    if (const User *user = question.user.isEmpty() ? nullptr : network.find<User>(question.user)) {
        append(PrivilegeList::Holder::User, user->name);
        for (const QString &role : user->roles)
            append(PrivilegeList::Holder::Role, role);
        // Being noted by the server must not take away what a visitor can do.
        if (!user->noted || !user->roles.isEmpty() || !lists.isEmpty())
            return lists;
    }
    append(PrivilegeList::Holder::Anonymous, {});
    return lists;
}

QString idOf(const CompiledPrivilegeList &compiled)
{
    return privilegeListId(compiled.list.service, compiled.list.holder, compiled.list.name);
}

QList<PrivilegeConsideration> consider(const Lists &lists, const PrivilegeDecision &decision)
{
    using Outcome = PrivilegeConsideration::Outcome;
    QList<PrivilegeConsideration> considered;
    Outcome outcome = Outcome::OtherPrivilege;
    for (const CompiledPrivilegeList *compiled : lists) {
        const QString id = idOf(*compiled);
        for (qsizetype i = 0; i < compiled->list.entries.size(); ++i) {
            const bool decided = id == decision.list && i == decision.entry;
            considered.append({ id, i, decided ? Outcome::Decided : outcome });
            if (decided)
                outcome = Outcome::Unreached;
        }
    }
    return considered;
}

} // namespace

PrivilegeIndex::PrivilegeIndex(const QList<PrivilegeEntry> &entries)
    : m_entries(entries),
      m_slots(std::bit_ceil(size_t(entries.size()) * 2 + 1))
{
    for (qsizetype i = 0; i < entries.size(); ++i) {
        const QString &privilege = entries.at(i).privilege;
        forEachPrefix(privilege, [&](QStringView prefix, quint32 hash) {
            if (prefix.size() < privilege.size())
                return;
            size_t at = hash & (m_slots.size() - 1);
            while (m_slots[at].entry >= 0 && entries.at(m_slots[at].entry).privilege != privilege)
                at = (at + 1) & (m_slots.size() - 1);
            if (m_slots[at].entry < 0)
                m_slots[at] = { hash, qint32(i) };
        });
    }
}

qsizetype PrivilegeIndex::firstMatch(QStringView privilege) const
{
    struct Prefix
    {
        QStringView text;
        quint32 hash;
    };
    QVarLengthArray<Prefix, 8> prefixes;
    const size_t mask = m_slots.size() - 1;
    // In a long list each slot is a wait for memory: they are waited for together.
    forEachPrefix(privilege, [&](QStringView text, quint32 hash) {
        __builtin_prefetch(&m_slots[hash & mask]);
        prefixes.append({ text, hash });
    });
    qint32 first = std::numeric_limits<qint32>::max();
    for (const auto &[text, hash] : std::as_const(prefixes)) {
        for (size_t at = hash & mask; m_slots[at].entry >= 0; at = (at + 1) & mask) {
            const Slot &slot = m_slots[at];
            if (slot.hash == hash && slot.entry < first && m_entries.at(slot.entry).privilege == text)
                first = slot.entry;
        }
    }
    return first == std::numeric_limits<qint32>::max() ? -1 : first;
}

PrivilegeDecision decide(const CompiledNetwork &network, const PrivilegeQuestion &question, Explain explain)
{
    PrivilegeDecision decision;
    decision.contained = containedOf(network, question.of);
    if (!decision.contained.isEmpty()) {
        decision.by = PrivilegeDecision::By::Containment;
        return decision;
    }
    const quint32 service = network.serviceNumber(question.of.service);
    if (service == 0) {
        decision.by = PrivilegeDecision::By::UnknownService;
        return decision;
    }
    const Lists lists = listsOf(network, service, question.of);
    for (const CompiledPrivilegeList *compiled : lists) {
        const qsizetype entry = compiled->index.firstMatch(question.privilege);
        if (entry < 0)
            continue;
        if (!isPrivilegeId(question.privilege)) // rarely: cheaper to ask when something matches
            break;
        decision.granted = compiled->list.entries.at(entry).include;
        decision.by = PrivilegeDecision::By::Entry;
        decision.entry = entry;
        if (explain == Explain::Yes)
            decision.list = idOf(*compiled);
        break;
    }
    if (explain == Explain::Yes)
        decision.considered = consider(lists, decision);
    return decision;
}

QList<PrivilegeEntry> privileges(const CompiledNetwork &network, const PrivilegesQuestion &question)
{
    QList<PrivilegeEntry> all;
    const quint32 service = network.serviceNumber(question.service);
    if (service == 0 || !containedOf(network, question).isEmpty())
        return all;
    for (const CompiledPrivilegeList *compiled : listsOf(network, service, question))
        all += compiled->list.entries;
    // An entry is reached when it is itself the first that matches what it names.
    const PrivilegeIndex index(all);
    QList<PrivilegeEntry> reached;
    for (qsizetype i = 0; i < all.size(); ++i) {
        if (index.firstMatch(all.at(i).privilege) == i)
            reached.append(all.at(i));
    }
    return reached;
}

} // namespace castellan::rules
