// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/reach.h"
#include "presentation/networkmodel.h"

namespace castellan::presentation {

/// Who can get to whom from friend to friend, with some things contained: how many from one thing, and on
/// which ways from it to another. Answered in the background, and again whenever the network changes.
class NetworkQuestion : public QObject, public QQmlParserStatus
{
    Q_OBJECT
    QML_ELEMENT
    Q_INTERFACES(QQmlParserStatus)
    Q_PROPERTY(castellan::presentation::NetworkModel *network MEMBER m_network NOTIFY asked REQUIRED)
    /// Bare JID; "": nothing is asked.
    Q_PROPERTY(QString from MEMBER m_from NOTIFY asked)
    /// Bare JID; "": all that can be reached.
    Q_PROPERTY(QString to MEMBER m_to NOTIFY asked)
    /// Ways that are one step longer than the shortest count too.
    Q_PROPERTY(bool longer MEMBER m_longer NOTIFY asked)
    /// Bare JIDs of who is contained, or would be: nothing leads through them.
    Q_PROPERTY(QStringList without MEMBER m_without NOTIFY asked)

    /// What is below is the answer to what is above.
    Q_PROPERTY(bool answered READ isAnswered NOTIFY answeredChanged)
    /// The network does not know one of those that were named.
    Q_PROPERTY(QString unknown READ unknown NOTIFY answeredChanged)
    /// How many things `from` can reach, and can be reached by: friendship goes both ways.
    Q_PROPERTY(int reached READ reached NOTIFY answeredChanged)
    /// How many of them within so many steps, beginning with one.
    Q_PROPERTY(QList<int> rings READ rings NOTIFY answeredChanged)
    /// How many it would be if nobody were contained.
    Q_PROPERTY(int reachedBefore READ reachedBefore NOTIFY answeredChanged)
    /// Of the shortest way to `to`; 0: there is none.
    Q_PROPERTY(int steps READ steps NOTIFY answeredChanged)
    /// How many things are on such ways, ends included.
    Q_PROPERTY(int onWays READ onWays NOTIFY answeredChanged)
    /// They, if they are few enough to be shown; and those that are contained.
    Q_PROPERTY(QStringList ways READ ways NOTIFY answeredChanged)

public:
    explicit NetworkQuestion(QObject *parent = nullptr);

    /// More than can be read at once are not named in `ways`.
    static constexpr qsizetype mostNamed = 400;

    [[nodiscard]] bool isAnswered() const { return m_answered; }
    [[nodiscard]] QString unknown() const { return m_answer.unknown; }
    [[nodiscard]] int reached() const { return m_answer.reached; }
    [[nodiscard]] QList<int> rings() const { return m_answer.rings; }
    [[nodiscard]] int reachedBefore() const { return m_answer.reachedBefore; }
    [[nodiscard]] int steps() const { return m_answer.steps; }
    [[nodiscard]] int onWays() const { return int(m_answer.nodes.size()); }
    [[nodiscard]] QStringList ways() const { return m_ways; }

    void classBegin() override { }
    void componentComplete() override;

Q_SIGNALS:
    void asked();
    void answeredChanged();

private:
    struct Answer
    {
        QString unknown;
        int reached = 0;
        int reachedBefore = 0;
        QList<int> rings;
        int steps = 0;
        std::vector<qint32> nodes; ///< on the ways
    };

    void ask();
    void take(const Answer &answer);
    void name();

    QPointer<NetworkModel> m_network;
    QString m_from;
    QString m_to;
    bool m_longer = false;
    QStringList m_without;
    bool m_answered = false;
    bool m_isCurrent = false; ///< the answer is about the map that there is
    Answer m_answer;
    QStringList m_ways;
    quint64 m_generation = 0; ///< answers to earlier questions are void
};

} // namespace castellan::presentation
