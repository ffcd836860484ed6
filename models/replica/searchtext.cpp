// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/searchtext.h"

#include <algorithm>
#include <bit>
#include <span>
#include <vector>

namespace castellan::replica {

using namespace Qt::StringLiterals;

namespace {

constexpr size_t longestGram = 3;
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

/// Calls \a take with each run of \a characters that has this length.
template<typename Take>
void forEachGram(std::span<const char32_t> characters, size_t length, Take take)
{
    for (size_t i = 0; i + length <= characters.size(); ++i) {
        Gram gram = 0;
        for (size_t j = 0; j < length; ++j)
            gram = gram << 21 | characters[i + j];
        take(gram);
    }
}

/// Which grams were there already. Kept from text to text, so that none has to allocate or clear it.
class SeenGrams
{
public:
    void startOver(size_t most)
    {
        const size_t size = std::bit_ceil(2 * most + 1);
        if (size > m_slots.size())
            m_slots.assign(size, {});
        if (++m_text == 0) {
            m_slots.assign(m_slots.size(), {});
            m_text = 1;
        }
    }
    [[nodiscard]] bool insert(Gram gram)
    {
        for (size_t slot = gram * 0x9e3779b97f4a7c15 >> 32;; ++slot) {
            auto &[seen, text] = m_slots[slot & (m_slots.size() - 1)];
            if (text != m_text) {
                seen = gram;
                text = m_text;
                return true;
            }
            if (seen == gram)
                return false;
        }
    }

private:
    std::vector<std::pair<Gram, quint32>> m_slots; ///< a power of two
    quint32 m_text = 0;
};

/// The tokenizer takes letters and digits of ASCII, and all that is not ASCII, as parts of tokens; letters
/// are small already. What else is in ASCII becomes something that nobody writes.
void appendToken(QByteArray &text, Gram gram)
{
    for (int shift = int(longestGram - 1) * 21; shift >= 0; shift -= 21) {
        const auto character = char32_t(gram >> shift & 0x1fffff);
        if ((character >= U'a' && character <= U'z') || (character >= U'0' && character <= U'9'))
            text += char(character);
        else if (character)
            text += QString(QChar::fromUcs4(character < 0x80 ? character + 0xe000 : character)).toUtf8();
    }
}

} // namespace

QString searchText(const Object &object)
{
    const QStringList list = std::visit([](const auto &value) { return texts(value); }, object);
    QString text = u""_s; // not null, which SQL tells from empty
    for (const QString &one : list) {
        if (!text.isEmpty() && !one.isEmpty())
            text += u'\n';
        text += one;
    }
    return std::move(text).toCaseFolded();
}

QStringList searchWords(const QString &search)
{
    QStringList words = search.toCaseFolded().simplified().split(u' ', Qt::SkipEmptyParts);
    words.removeDuplicates();
    return words;
}

QByteArray gramsOf(const QString &text)
{
    thread_local SeenGrams seen;
    thread_local std::vector<char32_t> word;
    QByteArray result;
    result.reserve(text.size() * longestGram * (longestGram + 1));
    seen.startOver(size_t(text.size()) * longestGram);
    const auto endWord = [&] {
        for (size_t length = 1; length <= longestGram; ++length) {
            forEachGram(word, length, [&](Gram gram) {
                if (!seen.insert(gram))
                    return;
                appendToken(result, gram);
                result += ' ';
            });
        }
        word.clear();
    };
    const QList<uint> characters = text.toUcs4();
    for (const uint character : characters) {
        if (QChar::isSpace(character))
            endWord();
        else
            word.push_back(character);
    }
    endWord();
    return result;
}

QString gramsExpression(const QString &word)
{
    const QList<uint> ucs4 = word.toUcs4();
    const std::vector<char32_t> characters(ucs4.begin(), ucs4.end());
    std::vector<Gram> grams;
    forEachGram(characters, std::min(characters.size(), size_t(longestGram)),
                [&](Gram gram) { grams.push_back(gram); });
    // What is special stands at the end more often than at the start: "meter-1234".
    if (grams.size() > mostGramsOfWord)
        grams.erase(grams.begin(), grams.end() - mostGramsOfWord);
    std::ranges::sort(grams);
    const auto rest = std::ranges::unique(grams);
    grams.erase(rest.begin(), rest.end());
    QByteArray result;
    for (const Gram gram : grams) {
        result += '"';
        appendToken(result, gram);
        result += "\" ";
    }
    return QString::fromUtf8(result);
}

} // namespace castellan::replica
