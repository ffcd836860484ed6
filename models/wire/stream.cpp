// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/stream.h"

#include <QStringDecoder>
#include <QXmlStreamReader>

using namespace Qt::StringLiterals;

namespace castellan::wire {

namespace {

std::unexpected<Failure> forbidden()
{
    return fail(FailureKind::PolicyViolation,
                u"The stream contains what XMPP forbids: a comment, processing instruction or DTD "
                u"(RFC 6120 §11.1)."_s);
}

/// Follows the markup one byte at a time and stops a stream before its excess reaches QXmlStreamReader. That
/// class compares every attribute of a tag with every other one (6 s for a tag of 300 KB), and begins what is
/// no tag (CDATA sections, comments, …) anew whenever bytes arrive before its end. Whether the markup is
/// well-formed is not decided here; malformed markup at most makes the limits strike elsewhere.
class Scanner
{
public:
    explicit Scanner(const StreamParser::Limits &limits)
        : m_limits(limits)
    { }

    [[nodiscard]] Result<void> take(char byte);
    /// How many of the bytes taken last belong to markup that must reach the reader in one piece.
    [[nodiscard]] qsizetype unfinished() const { return m_unfinished; }

private:
    enum class State {
        Text,
        Opened, ///< behind `<`
        Declaration, ///< `<?xml …`
        Tag,
        SectionStart, ///< behind `<!`, which only a CDATA section may follow
        Section,
    };

    [[nodiscard]] Result<void> startTag();

    const StreamParser::Limits m_limits;
    State m_state = State::Text;
    bool m_first = true; ///< no markup yet
    bool m_closing = false; ///< the tag is `</…>`
    char m_quote = 0; ///< inside an attribute value: what ends it
    char m_previous = 0;
    int m_matched = 0; ///< of `![CDATA[` or of `]]>`
    int m_depth = 0; ///< open elements, the stream's own included
    int m_attributes = 0;
    int m_elements = 0;
    qsizetype m_bytes = 0;
    qsizetype m_unfinished = 0;
};

Result<void> Scanner::take(char byte)
{
    if (m_depth == 1 && m_state == State::Text) { // between stanzas
        m_bytes = 0;
        m_elements = 0;
    }
    if (++m_bytes > m_limits.stanzaBytes)
        return fail(FailureKind::PolicyViolation,
                    u"A stanza is larger than the %1 bytes allowed."_s.arg(m_limits.stanzaBytes));
    if (m_unfinished > 0)
        ++m_unfinished;

    const char previous = std::exchange(m_previous, byte);
    switch (m_state) {
    case State::Text:
        if (byte == '>' && m_matched == 2) // which QXmlStreamReader sees or not, depending on the pieces
            return fail(FailureKind::BadRequest, u"The stream is not well-formed: text contains ]]>."_s);
        m_matched = byte == ']' ? std::min(m_matched + 1, 2) : 0;
        if (byte == '<') {
            m_state = State::Opened;
            m_unfinished = 1;
        }
        return {};
    case State::Opened:
        if (byte == '!') {
            m_state = State::SectionStart;
            m_matched = 0;
            return {};
        }
        if (byte == '?') {
            if (!m_first)
                return forbidden();
            m_state = State::Declaration;
            return {};
        }
        m_first = false;
        m_unfinished = 0;
        m_state = State::Tag;
        m_closing = byte == '/';
        m_attributes = 0;
        return m_closing ? Result<void>() : startTag();
    case State::Declaration:
        if (byte == '>' && previous == '?') {
            m_first = false;
            m_unfinished = 0;
            m_state = State::Text;
        }
        return {};
    case State::Tag:
        if (m_quote) {
            if (byte == m_quote)
                m_quote = 0;
        } else if (byte == '"' || byte == '\'') {
            m_quote = byte;
        } else if (byte == '=') {
            if (++m_attributes > m_limits.attributes)
                return fail(FailureKind::PolicyViolation,
                            u"An element has more than the %1 attributes allowed."_s.arg(
                                m_limits.attributes));
        } else if (byte == '>') {
            m_state = State::Text;
            if (m_closing || previous == '/')
                --m_depth;
        }
        return {};
    case State::SectionStart: {
        constexpr QByteArrayView start = "[CDATA[";
        if (byte != start[m_matched])
            return forbidden();
        if (++m_matched == start.size()) {
            m_state = State::Section;
            m_matched = 0;
        }
        return {};
    }
    case State::Section:
        if (byte == '>' && m_matched == 2) {
            m_state = State::Text;
            m_unfinished = 0;
        }
        m_matched = byte == ']' ? std::min(m_matched + 1, 2) : 0;
        return {};
    }
    Q_UNREACHABLE_RETURN({});
}

Result<void> Scanner::startTag()
{
    if (m_depth++ > m_limits.depth) // the stream's own element is not counted
        return fail(FailureKind::PolicyViolation,
                    u"A stanza is nested deeper than the %1 levels allowed."_s.arg(m_limits.depth));
    if (++m_elements > m_limits.elements)
        return fail(FailureKind::PolicyViolation,
                    u"A stanza has more than the %1 elements allowed."_s.arg(m_limits.elements));
    return {};
}

} // namespace

struct StreamParser::Private
{
    explicit Private(const Limits &limits)
        : scanner(limits)
    { }

    Result<Output> feed(const QByteArray &bytes);
    Result<void> readTokens(Output &output);
    Element startElement() const;

    Scanner scanner;
    QByteArray held; ///< scanned, but not to be read before more has come
    // Not left to QXmlStreamReader, which would follow a declared encoding and waits for ever behind some
    // malformed UTF-8.
    QStringDecoder decoder { QStringDecoder::Utf8 };
    QXmlStreamReader reader;
    bool headerRead = false;
    /// The stanza being read and, innermost last, its open elements. The pointers stay valid because only
    /// the children of the innermost element grow.
    Element stanza;
    QList<Element *> open;
    std::optional<Failure> failure;
};

StreamParser::StreamParser()
    : StreamParser(Limits {})
{ }

StreamParser::StreamParser(const Limits &limits)
    : d(std::make_unique<Private>(limits))
{ }

StreamParser::~StreamParser() = default;

Result<StreamParser::Output> StreamParser::feed(const QByteArray &bytes)
{
    if (d->failure)
        return std::unexpected(*d->failure);
    Result<Output> output = d->feed(bytes);
    if (!output)
        d->failure = output.error();
    return output;
}

Result<StreamParser::Output> StreamParser::Private::feed(const QByteArray &bytes)
{
    Output output;
    // In slices, so that a large piece is not in memory as text and as elements at once.
    constexpr qsizetype sliceSize = 16 * 1024;
    for (qsizetype at = 0; at < bytes.size(); at += sliceSize) {
        const QByteArrayView slice = QByteArrayView(bytes).sliced(at, std::min(sliceSize, bytes.size() - at));
        for (const char byte : slice) {
            if (const Result<void> taken = scanner.take(byte); !taken)
                return std::unexpected(taken.error());
        }
        held += slice;
        if (held.size() == scanner.unfinished())
            continue;
        const QString ready = decoder(QByteArrayView(held).chopped(scanner.unfinished()));
        if (decoder.hasError())
            return fail(FailureKind::BadRequest, u"The stream is not UTF-8."_s);
        held = held.last(scanner.unfinished());
        reader.addData(ready);
        if (const Result<void> read = readTokens(output); !read)
            return std::unexpected(read.error());
    }
    return output;
}

Element StreamParser::Private::startElement() const
{
    // Strings are shared with the parent and the sibling before, which mostly have the same: a stanza of
    // many small elements would otherwise need several times the memory.
    const Element *parent = open.isEmpty() ? nullptr : open.last();
    const Element *before = parent && !parent->children.isEmpty() ? &parent->children.last() : nullptr;
    Element element;
    element.name = before && before->name == reader.name() ? before->name : reader.name().toString();
    element.xmlns = parent && parent->xmlns == reader.namespaceUri() ? parent->xmlns
                                                                     : reader.namespaceUri().toString();
    const QXmlStreamAttributes attributes = reader.attributes();
    element.attributes.reserve(attributes.size());
    for (const QXmlStreamAttribute &attribute : attributes)
        element.attributes.append({ attribute.qualifiedName().toString(), attribute.value().toString() });
    return element;
}

Result<void> StreamParser::Private::readTokens(Output &output)
{
    while (!reader.atEnd()) {
        switch (reader.readNext()) {
        case QXmlStreamReader::StartDocument:
            if (const QStringView encoding = reader.documentEncoding();
                !encoding.isEmpty() && encoding.compare("UTF-8"_L1, Qt::CaseInsensitive) != 0)
                return fail(
                    FailureKind::BadRequest,
                    u"The stream is declared to be %1; XMPP allows only UTF-8 (RFC 6120 §11.6)."_s.arg(
                        encoding));
            break;
        case QXmlStreamReader::StartElement:
            if (!headerRead) {
                headerRead = true;
                output.header = startElement();
            } else if (open.isEmpty()) {
                stanza = startElement();
                open.append(&stanza);
            } else {
                QList<Element> &siblings = open.last()->children;
                siblings.append(startElement());
                open.append(&siblings.last());
            }
            break;
        case QXmlStreamReader::EndElement:
            if (open.isEmpty()) {
                output.closed = true;
            } else {
                open.removeLast();
                if (open.isEmpty())
                    output.stanzas.append(std::exchange(stanza, {}));
            }
            break;
        case QXmlStreamReader::Characters:
            if (!open.isEmpty())
                open.last()->text += reader.text();
            else if (!reader.isWhitespace()) // which keeps the connection alive
                return fail(FailureKind::BadRequest, u"There is text between the stanzas of the stream."_s);
            break;
        case QXmlStreamReader::ProcessingInstruction: // the very first; the scanner has stopped the others
        case QXmlStreamReader::Comment:
        case QXmlStreamReader::DTD:
        case QXmlStreamReader::EntityReference:
            return forbidden();
        case QXmlStreamReader::NoToken:
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
