// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/stream.h"

#include <QXmlStreamReader>

using namespace Qt::StringLiterals;

namespace castellan::wire {

struct StreamParser::Private
{
    explicit Private(Limits l)
        : limits(l)
    { }

    Result<void> readTokens(Output &output);
    Result<Element> startElement() const;

    const Limits limits;
    QXmlStreamReader reader;
    bool headerRead = false;
    /// The stanza being read and, innermost last, its open elements. The pointers stay valid because only
    /// the children of the innermost element grow.
    Element stanza;
    QList<Element *> open;
    qsizetype pendingBytes = 0; ///< received since the last stanza was complete
};

StreamParser::StreamParser()
    : StreamParser(Limits {})
{ }

StreamParser::StreamParser(Limits limits)
    : d(std::make_unique<Private>(limits))
{ }

StreamParser::~StreamParser() = default;

Result<StreamParser::Output> StreamParser::feed(const QByteArray &bytes)
{
    // Small slices, so that a flood is noticed before it is in memory as elements.
    constexpr qsizetype slice = 16 * 1024;
    Output output;
    for (qsizetype at = 0; at < bytes.size(); at += slice) {
        const QByteArrayView part = QByteArrayView(bytes).sliced(at, std::min(slice, bytes.size() - at));
        d->pendingBytes += part.size();
        d->reader.addData(part.toByteArray());
        if (const Result<void> read = d->readTokens(output); !read)
            return std::unexpected(read.error());
        if (d->pendingBytes > d->limits.stanzaBytes)
            return fail(FailureKind::PolicyViolation,
                        u"A stanza is larger than the %1 bytes allowed."_s.arg(d->limits.stanzaBytes));
    }
    return output;
}

Result<Element> StreamParser::Private::startElement() const
{
    const QXmlStreamAttributes attributes = reader.attributes();
    if (attributes.size() > limits.attributes)
        return fail(FailureKind::PolicyViolation,
                    u"<%1/> has %2 attributes, more than the %3 allowed."_s.arg(reader.name())
                        .arg(attributes.size())
                        .arg(limits.attributes));
    Element element { .name = reader.name().toString(), .xmlns = reader.namespaceUri().toString() };
    element.attributes.reserve(attributes.size());
    for (const QXmlStreamAttribute &attribute : attributes)
        element.attributes.append({ attribute.qualifiedName().toString(), attribute.value().toString() });
    return element;
}

Result<void> StreamParser::Private::readTokens(Output &output)
{
    while (!reader.atEnd()) {
        switch (reader.readNext()) {
        case QXmlStreamReader::StartElement: {
            Result<Element> element = startElement();
            if (!element)
                return std::unexpected(element.error());
            if (!headerRead) {
                headerRead = true;
                pendingBytes = 0;
                output.header = std::move(*element);
            } else if (open.isEmpty()) {
                stanza = std::move(*element);
                open.append(&stanza);
            } else {
                if (open.size() >= limits.depth)
                    return fail(FailureKind::PolicyViolation,
                                u"A stanza is nested deeper than the %1 levels allowed."_s.arg(limits.depth));
                QList<Element> &siblings = open.last()->children;
                siblings.append(std::move(*element));
                open.append(&siblings.last());
            }
            break;
        }
        case QXmlStreamReader::EndElement:
            if (open.isEmpty()) {
                output.closed = true;
                return {};
            }
            open.removeLast();
            if (open.isEmpty()) {
                output.stanzas.append(std::exchange(stanza, {}));
                pendingBytes = 0;
            }
            break;
        case QXmlStreamReader::Characters:
            if (!open.isEmpty())
                open.last()->text += reader.text();
            else if (reader.isWhitespace())
                pendingBytes = 0; // a keepalive between stanzas
            else
                return fail(FailureKind::BadRequest, u"There is text between the stanzas of the stream."_s);
            break;
        case QXmlStreamReader::Comment:
        case QXmlStreamReader::ProcessingInstruction:
        case QXmlStreamReader::DTD:
        case QXmlStreamReader::EntityReference:
            return fail(
                FailureKind::PolicyViolation,
                u"The stream contains what XMPP forbids: a comment, processing instruction, DTD or entity "
                u"(RFC 6120 §11.1)."_s);
        case QXmlStreamReader::NoToken:
        case QXmlStreamReader::StartDocument:
        case QXmlStreamReader::EndDocument:
        case QXmlStreamReader::Invalid:
            break;
        }
    }
    // Not an error here: the rest has not arrived yet.
    if (reader.hasError() && reader.error() != QXmlStreamReader::PrematureEndOfDocumentError)
        return fail(FailureKind::BadRequest,
                    u"The stream is not well-formed: %1"_s.arg(reader.errorString()));
    return {};
}

} // namespace castellan::wire
