// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/searchtext.h"

#include <algorithm>
#include <vector>

namespace castellan::replica {

using namespace Qt::StringLiterals;

namespace {

constexpr int longestGram = 3;
/// More make the candidates hardly fewer.
constexpr size_t mostGramsOfWord = 8;

QStringList texts(const NodePattern &node)
{
    return { node.nodeId.value_or(QString()), node.sourceId.value_or(QString()),
             node.cacheType.value_or(QString()) };
}

QStringList texts(const Thing &thing)
{
    QStringList list { thing.jid, thing.name, thing.owner, thing.comment };
    list += thing.tags;
    list += thing.roles;
    for (const Node &node : thing.nodes) {
        list << node.ref.nodeId << node.name;
        list += node.parameters;
        for (const Field &field : node.fields)
            list << field.name;
    }
    list.removeDuplicates(); // nodes have much in common
    return list;
}

/// Its JIDs are those of things, which are found by them.
QStringList texts(const Friendship &pair)
{
    return { pair.comment };
}

QStringList texts(const FriendshipRule &rule)
{
    return { rule.one.value, rule.other.value, rule.comment };
}

QStringList texts(const AccessRule &rule)
{
    QStringList list { rule.subject.value, rule.subject.withUser, rule.subject.withService, rule.target.value,
                       rule.comment };
    list += rule.names;
    if (rule.target.node)
        list += texts(*rule.target.node);
    return list;
}

QStringList texts(const Service &service)
{
    QStringList list { service.id, service.name, service.comment };
    list += service.certificates;
    for (const ServiceRule &rule : service.access) {
        list << rule.comment;
        for (const AccessCondition &condition : rule.conditions)
            list << condition.value;
    }
    return list;
}

QStringList texts(const User &user)
{
    return QStringList { user.name, user.comment } + user.certificates + user.roles;
}

QStringList texts(const PrivilegeList &list)
{
    QStringList result { list.service, list.name, list.comment };
    for (const PrivilegeEntry &entry : list.entries)
        result << entry.privilege;
    return result;
}

QStringList texts(const Privilege &privilege)
{
    return { privilege.service, privilege.privilege, privilege.comment };
}

QStringList texts(const Certificate &certificate)
{
    return { certificate.thumbprint, certificate.subject, certificate.issuer, certificate.jid,
             certificate.comment };
}

QStringList texts(const Question &question)
{
    return { question.asker, question.jid };
}

QStringList texts(const Containment &containment)
{
    return { containment.jid, containment.comment };
}

QStringList texts(const RoleGrant &grant)
{
    return { grant.holder, grant.comment };
}

QStringList texts(const Policy &)
{
    return {};
}

/// Characters of one run, 21 bits each.
using Gram = quint64;

void addGrams(std::vector<Gram> &grams, const QList<uint> &characters, int length)
{
    for (qsizetype i = 0; i + length <= characters.size(); ++i) {
        Gram gram = 0;
        for (int j = 0; j < length; ++j)
            gram = gram << 21 | characters.at(i + j);
        grams.push_back(gram);
    }
}

void makeUnique(std::vector<Gram> &grams)
{
    std::ranges::sort(grams);
    const auto rest = std::ranges::unique(grams);
    grams.erase(rest.begin(), rest.end());
}

/// Nothing of ASCII: the tokenizer would see separators and letter case in it.
void appendToken(QString &text, Gram gram)
{
    for (int shift = (longestGram - 1) * 21; shift >= 0; shift -= 21) {
        if (const auto character = char32_t(gram >> shift & 0x1fffff))
            text += QChar::fromUcs4(character < 0x80 ? character + 0xe000 : character);
    }
}

} // namespace

QString searchText(const Object &object)
{
    QStringList list = std::visit([](const auto &value) { return texts(value); }, object);
    list.removeAll({});
    return u""_s + list.join(u'\n').toCaseFolded(); // not null, which SQL tells from empty
}

QStringList searchWords(const QString &search)
{
    QStringList words = search.toCaseFolded().simplified().split(u' ', Qt::SkipEmptyParts);
    words.removeDuplicates();
    return words;
}

QString gramsOf(const QString &text)
{
    std::vector<Gram> grams;
    for (const QString &word : text.simplified().split(u' ', Qt::SkipEmptyParts)) {
        const QList<uint> characters = word.toUcs4();
        for (int length = 1; length <= longestGram; ++length)
            addGrams(grams, characters, length);
    }
    makeUnique(grams);
    QString result;
    result.reserve(qsizetype(grams.size()) * (longestGram + 1));
    for (const Gram gram : grams) {
        appendToken(result, gram);
        result += u' ';
    }
    return result;
}

QString gramsExpression(const QString &word)
{
    const QList<uint> characters = word.toUcs4();
    std::vector<Gram> grams;
    addGrams(grams, characters, int(std::min<qsizetype>(characters.size(), longestGram)));
    // What is special stands at the end more often than at the start: "meter-1234".
    if (grams.size() > mostGramsOfWord)
        grams.erase(grams.begin(), grams.end() - mostGramsOfWord);
    makeUnique(grams);
    QString result;
    for (const Gram gram : grams) {
        result += u'"';
        appendToken(result, gram);
        result += u"\" "_s;
    }
    return result;
}

} // namespace castellan::replica
