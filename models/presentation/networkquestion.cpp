// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/networkquestion.h"

#include <QFuture>
#include <QtConcurrentRun>

namespace castellan::presentation {

NetworkQuestion::NetworkQuestion(QObject *parent)
    : QObject(parent)
{ }

void NetworkQuestion::componentComplete()
{
    connect(this, &NetworkQuestion::asked, this, &NetworkQuestion::ask);
    connect(m_network, &NetworkModel::mapChanged, this, &NetworkQuestion::ask);
    connect(m_network, &NetworkModel::namesChanged, this, &NetworkQuestion::name);
    ask();
}

void NetworkQuestion::ask()
{
    ++m_generation;
    m_isCurrent = false;
    const auto map = m_network ? m_network->map() : nullptr;
    if (!map || m_from.isEmpty()) {
        m_answer = {};
        m_ways.clear();
        m_answered = false;
        Q_EMIT answeredChanged();
        return;
    }
    QtConcurrent::run([map, from = m_from, to = m_to, longer = m_longer, without = m_without] {
        Answer answer;
        const graph::Network &network = map->network();
        const auto find = [&](const QString &jid) {
            const qint32 node = network.indexOf(graph::keyOf(jid));
            if (node < 0 && answer.unknown.isEmpty())
                answer.unknown = jid;
            return node;
        };
        const qint32 start = find(from);
        const qint32 end = to.isEmpty() ? -1 : find(to);
        std::vector<qint32> contained;
        for (const QString &jid : without) {
            if (const qint32 node = find(jid); node >= 0)
                contained.push_back(node);
        }
        if (!answer.unknown.isEmpty())
            return answer;
        // It does not count itself.
        const auto others = [](const graph::Reach &reach) {
            return reach.nodes.empty() ? 0 : int(reach.nodes.size()) - 1;
        };
        const graph::Reach reach = graph::reach(network, start, contained);
        answer.reached = others(reach);
        for (size_t ring = 1; ring < reach.rings.size(); ++ring)
            answer.rings.append(int(reach.rings[ring]) - 1);
        answer.reachedBefore = contained.empty() ? answer.reached : others(graph::reach(network, start));
        if (end >= 0 && end != start) {
            if (auto ways = graph::waysBetween(network, start, end, longer ? 1 : 0, contained)) {
                answer.steps = ways->steps;
                answer.nodes = std::move(ways->nodes);
            }
        }
        return answer;
    }).then(this, [this, generation = m_generation](const Answer &answer) {
        if (generation == m_generation)
            take(answer);
    });
}

void NetworkQuestion::take(const Answer &answer)
{
    m_answer = answer;
    m_answered = true;
    m_isCurrent = true;
    m_ways.clear();
    Q_EMIT answeredChanged();
    name();
}

/// Numbers become JIDs, as soon as those are known.
void NetworkQuestion::name()
{
    if (!m_isCurrent || !m_ways.isEmpty() || m_answer.nodes.empty()
        || qsizetype(m_answer.nodes.size()) > mostNamed)
        return;
    m_network->askNames(m_answer.nodes);
    QStringList jids;
    bool isWhole = true;
    for (const qint32 node : m_answer.nodes) {
        jids.append(m_network->nameOf(node).jid);
        isWhole &= !jids.last().isEmpty();
    }
    if (!isWhole)
        return;
    m_ways = jids + m_without;
    Q_EMIT answeredChanged();
}

} // namespace castellan::presentation
