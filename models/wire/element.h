// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/result.h"

#include <QList>
#include <QString>

class QDomElement;
class QXmlStreamReader;
class QXmlStreamWriter;

namespace castellan::wire {

/// One XML element with what is below it: what every stanza is read into and written from, whichever
/// transport it came by. Written by hand because QDomElement costs several times the memory and time
/// and cannot be filled from a stream that arrives in pieces.
struct Element
{
    struct Attribute
    {
        QString name; ///< without prefix, apart from `xml:lang` and the like
        QString value;
        friend bool operator==(const Attribute &, const Attribute &) = default;
    };

    QString name;
    QString xmlns;
    QList<Attribute> attributes; ///< those of foreign namespaces are left out
    QList<Element> children;
    QString text; ///< character data directly below, concatenated

    /// How many levels an element may have. Everything that walks a tree recurses; no payload that we
    /// understand is deeper than ten.
    static constexpr int maxDepth = 64;

    /// What is deeper than maxDepth is left out.
    [[nodiscard]] static Element fromDom(const QDomElement &dom);
    /// Reads the element the reader stands on (at StartElement) up to its end. Only for documents that are
    /// complete; streams go through StreamParser. Fails with bad-request (malformed) or policy-violation
    /// (deeper than maxDepth).
    [[nodiscard]] static Result<Element> fromReader(QXmlStreamReader &reader);
    [[nodiscard]] static Result<Element> fromXml(const QByteArray &xml);

    /// Null QString when there is no such attribute.
    [[nodiscard]] QString attribute(QLatin1StringView name) const;
    [[nodiscard]] bool hasAttribute(QLatin1StringView name) const;
    void setAttribute(QLatin1StringView name, const QString &value);
    [[nodiscard]] const Element *child(QLatin1StringView name, QLatin1StringView xmlns) const;
    [[nodiscard]] const Element *firstChild() const
    {
        return children.isEmpty() ? nullptr : &children.first();
    }

    /// Writes with a namespace declaration wherever it differs from \a inherited. Characters that XML does
    /// not have (most control characters) are left out.
    void write(QXmlStreamWriter &writer, const QString &inherited = {}) const;
    [[nodiscard]] QByteArray toXml() const;

    /// Not defaulted: an element holds a list of its own kind, and whether such a list can be compared is
    /// asked before a defaulted comparison is known to exist.
    friend bool operator==(const Element &a, const Element &b)
    {
        return a.name == b.name && a.xmlns == b.xmlns && a.attributes == b.attributes
            && a.children == b.children && a.text == b.text;
    }
};

} // namespace castellan::wire

// Lists of them grow by moving bytes.
Q_DECLARE_TYPEINFO(castellan::wire::Element::Attribute, Q_RELOCATABLE_TYPE);
Q_DECLARE_TYPEINFO(castellan::wire::Element, Q_RELOCATABLE_TYPE);

namespace castellan::wire {

inline constexpr QLatin1StringView nsClient { "jabber:client" };
inline constexpr QLatin1StringView nsComponent { "jabber:component:accept" };
inline constexpr QLatin1StringView nsProvisioning { "urn:xmpp:iot:provisioning" };
inline constexpr QLatin1StringView nsAdmin { "urn:castellan:admin:0" };
inline constexpr QLatin1StringView nsStanzas { "urn:ietf:params:xml:ns:xmpp-stanzas" };
inline constexpr QLatin1StringView nsDiscoInfo { "http://jabber.org/protocol/disco#info" };
inline constexpr QLatin1StringView nsDiscoItems { "http://jabber.org/protocol/disco#items" };
inline constexpr QLatin1StringView nsRsm { "http://jabber.org/protocol/rsm" };

// Stanzas. The namespace of the stanza itself is left empty: each transport writes its own.
/// `<iq type='result'>` answering \a request, with \a payload if it has a name.
[[nodiscard]] Element iqResult(const Element &request, const Element &payload = {});
/// `<iq type='error'>` answering \a request (RFC 6120 §8.3), with the text in English.
[[nodiscard]] Element iqError(const Element &request, const Failure &failure,
                              const Element &applicationCondition = {});
/// What an error stanza says; a stanza without a readable error is InternalServerError.
[[nodiscard]] Failure failureFromError(const Element &stanza);

} // namespace castellan::wire
