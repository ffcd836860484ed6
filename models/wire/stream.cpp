// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/stream.h"

#include <QVarLengthArray>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

using namespace Qt::StringLiterals;

namespace castellan::wire {

namespace {

constexpr QByteArrayView byteOrderMark = "\xef\xbb\xbf";
constexpr QByteArrayView sectionStart = "<![CDATA[";
constexpr QByteArrayView sectionEnd = "]]>";
/// How many declarations of namespaces may be in force at once: each name is looked up among them.
constexpr qsizetype maxNamespaces = 128;
constexpr QLatin1StringView nsXml { "http://www.w3.org/XML/1998/namespace" };
constexpr QLatin1StringView nsXmlns { "http://www.w3.org/2000/xmlns/" };

std::unexpected<Failure> forbidden()
{
    return fail(FailureKind::PolicyViolation,
                u"The stream contains what XMPP forbids: a comment, processing instruction or DTD "
                u"(RFC 6120 §11.1)."_s);
}

std::unexpected<Failure> malformed(const QString &why)
{
    return fail(FailureKind::BadRequest, u"The stream is not well-formed: %1."_s.arg(why));
}

constexpr bool isSpace(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Names: XML 1.0 (5th edition) §2.3.

constexpr bool isNameStart(char32_t c)
{
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    return (c >= 0xc0 && c <= 0x2ff && c != 0xd7 && c != 0xf7) || (c >= 0x370 && c <= 0x1fff && c != 0x37e)
        || c == 0x200c || c == 0x200d || (c >= 0x2070 && c <= 0x218f) || (c >= 0x2c00 && c <= 0x2fef)
        || (c >= 0x3001 && c <= 0xd7ff) || (c >= 0xf900 && c <= 0xfdcf) || (c >= 0xfdf0 && c <= 0xfffd)
        || (c >= 0x10000 && c <= 0xeffff);
}

constexpr bool isNameCharacter(char32_t c)
{
    return isNameStart(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == 0xb7
        || (c >= 0x300 && c <= 0x36f) || c == 0x203f || c == 0x2040;
}

/// A name with at most one prefix (Namespaces in XML 1.0 §4).
bool isQualifiedName(const QString &name)
{
    bool start = true;
    int colons = 0;
    for (const char32_t c : name.toUcs4()) {
        if (c == ':' && !start) {
            ++colons;
            start = true;
        } else if (start ? isNameStart(c) : isNameCharacter(c)) {
            start = false;
        } else {
            return false;
        }
    }
    return !start && colons <= 1;
}

constexpr bool isXmlCharacter(char32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd)
        || (c >= 0x10000 && c <= 0x10ffff);
}

/// What stands between `&` and `;`. 0: nothing that is known.
char32_t referenced(QByteArrayView reference)
{
    if (reference == "amp")
        return '&';
    if (reference == "lt")
        return '<';
    if (reference == "gt")
        return '>';
    if (reference == "apos")
        return '\'';
    if (reference == "quot")
        return '"';
    if (!reference.startsWith('#'))
        return 0;
    const bool hexadecimal = reference.startsWith("#x");
    const QByteArrayView digits = reference.sliced(hexadecimal ? 2 : 1);
    // Digits only: toUInt() also takes signs, white space and another 0x.
    if (!std::ranges::all_of(digits, [=](char c) {
            return (c >= '0' && c <= '9')
                || (hexadecimal && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
        }))
        return 0;
    bool ok = false;
    const uint number = digits.toUInt(&ok, hexadecimal ? 16 : 10);
    return ok && isXmlCharacter(number) ? char32_t(number) : 0;
}

enum class Where {
    Text,
    Value, ///< of an attribute
    Section,
};

/// Whether a byte stands for itself everywhere.
constexpr std::array<bool, 256> plainBytes = [] {
    std::array<bool, 256> plain {};
    for (int c = 0x20; c < 0x80; ++c)
        plain[size_t(c)] = c != '&' && c != '<' && c != ']';
    return plain;
}();

bool isPlain(char c)
{
    return plainBytes[quint8(c)];
}

/// The characters that \a raw stands for. Nothing when it is not well-formed.
std::optional<QString> decoded(QByteArrayView raw, Where where)
{
    const qsizetype special = std::ranges::find_if_not(raw, isPlain) - raw.begin();
    if (special == raw.size())
        return QString::fromLatin1(raw);
    if (!raw.isValidUtf8())
        return {};

    QString text;
    text.reserve(raw.size());
    qsizetype done = 0;
    const auto replace = [&](qsizetype at, qsizetype size, char32_t by) {
        text += QUtf8StringView(raw.sliced(done, at - done));
        text += QChar::fromUcs4(by);
        done = at + size;
    };
    for (qsizetype at = special; at < raw.size(); ++at) {
        const char c = raw[at];
        if (isPlain(c))
            continue;
        if (c == '\r') { // XML 1.0 §2.11
            const bool two = at + 1 < raw.size() && raw[at + 1] == '\n';
            replace(at, two ? 2 : 1, where == Where::Value ? ' ' : '\n');
            at = done - 1;
        } else if (c == '\t' || c == '\n') {
            if (where == Where::Value) // §3.3.3
                replace(at, 1, ' ');
        } else if (c == '&') {
            if (where == Where::Section)
                continue;
            const qsizetype end = raw.sliced(at, std::min<qsizetype>(raw.size() - at, 16)).indexOf(';');
            const char32_t character = end < 0 ? 0 : referenced(raw.sliced(at + 1, end - 1));
            if (!character)
                return {};
            replace(at, end + 1, character);
            at = done - 1;
        } else if (c == ']') {
            if (where == Where::Text && raw.sliced(at).startsWith(sectionEnd))
                return {};
        } else if (c == '<') {
            if (where == Where::Value)
                return {};
        } else if (quint8(c) < 0x20) {
            return {};
        } else if (c == '\xef') { // U+FFFE and U+FFFF are no characters
            if (raw[at + 1] == '\xbf' && (raw[at + 2] == '\xbe' || raw[at + 2] == '\xbf'))
                return {};
        }
    }
    text += QUtf8StringView(raw.sliced(done));
    return text;
}

/// Strings that come again and again: names and namespaces. Whoever makes up new ones displaces older ones,
/// so it stays small.
class Repeated
{
public:
    /// What \a make made of \a raw, now or before. Nothing when it could not.
    template<typename Make>
    std::optional<QString> get(QByteArrayView raw, Make make)
    {
        if (raw.size() > longest)
            return make(raw);
        size_t hash = size_t(raw.size());
        for (const char c : raw)
            hash = hash * 31 + quint8(c);
        Entry &entry = m_entries[hash % m_entries.size()];
        if (entry.raw.isNull() || entry.raw != raw) {
            std::optional<QString> text = make(raw);
            if (!text)
                return {};
            entry = { raw.toByteArray(), *std::move(text) };
        }
        return entry.text;
    }

private:
    static constexpr qsizetype longest = 64;
    struct Entry
    {
        QByteArray raw;
        QString text;
    };
    std::array<Entry, 256> m_entries;
};

/// Finds where texts, tags and sections end. Keeps its place in what has not ended, so that each byte is
/// looked at once, however the pieces are cut.
class Scanner
{
public:
    enum class Token {
        Text, ///< up to a `<`, or as far as the bytes go
        Declaration, ///< `<?xml …?>`
        StartTag,
        EmptyTag,
        EndTag,
        Section, ///< `<![CDATA[…]]>`
        Unfinished,
        Forbidden,
    };

    /// Goes on from \a at, which moves behind the token, or behind all \a bytes. The token begins at \a
    /// begin.
    [[nodiscard]] Token next(QByteArrayView bytes, qsizetype begin, qsizetype &at);

private:
    enum class State {
        Text,
        Opened, ///< behind `<`
        Declaration,
        Tag,
        SectionStart,
        Section,
    };

    Token ended(Token token)
    {
        m_state = State::Text;
        return token;
    }

    State m_state = State::Text;
    bool m_first = true; ///< no markup yet
    bool m_closing = false; ///< `</…>`
    char m_quote = 0; ///< inside an attribute value: what ends it
    char m_previous = 0;
    qsizetype m_matched = 0; ///< of sectionStart or sectionEnd
};

Scanner::Token Scanner::next(QByteArrayView bytes, qsizetype begin, qsizetype &at)
{
    if (m_state == State::Text) {
        const void *found = std::memchr(bytes.data() + at, '<', size_t(bytes.size() - at));
        at = found ? static_cast<const char *>(found) - bytes.data() : bytes.size();
        if (at > begin || !found)
            return Token::Text;
        ++at;
        m_state = State::Opened;
    }
    for (; at < bytes.size(); ++at) {
        const char byte = bytes[at];
        switch (m_state) {
        case State::Text:
            Q_UNREACHABLE();
        case State::Opened:
            if (byte == '!') {
                m_state = State::SectionStart;
                m_matched = 2;
            } else if (byte == '?') {
                if (!m_first)
                    return Token::Forbidden;
                m_state = State::Declaration;
            } else {
                m_state = State::Tag;
                m_closing = byte == '/';
                m_quote = 0;
                --at; // it may be the end as well
            }
            m_first = false;
            m_previous = 0;
            break;
        case State::Declaration:
            if (byte == '>' && m_previous == '?') {
                ++at;
                return ended(Token::Declaration);
            }
            m_previous = byte;
            break;
        case State::Tag:
            if (m_quote) {
                const void *found = std::memchr(bytes.data() + at, m_quote, size_t(bytes.size() - at));
                if (!found) {
                    at = bytes.size();
                    return Token::Unfinished;
                }
                at = static_cast<const char *>(found) - bytes.data();
                m_quote = 0;
                m_previous = 0;
                continue;
            }
            if (byte == '"' || byte == '\'') {
                m_quote = byte;
            } else if (byte == '>') {
                ++at;
                return ended(m_closing               ? Token::EndTag
                                 : m_previous == '/' ? Token::EmptyTag
                                                     : Token::StartTag);
            }
            m_previous = byte;
            break;
        case State::SectionStart:
            if (byte != sectionStart[m_matched])
                return Token::Forbidden;
            if (++m_matched == sectionStart.size()) {
                m_state = State::Section;
                m_matched = 0;
            }
            break;
        case State::Section:
            if (byte == '>' && m_matched == 2) {
                ++at;
                return ended(Token::Section);
            }
            m_matched = byte == ']' ? std::min<qsizetype>(m_matched + 1, 2) : 0;
            break;
        }
    }
    return Token::Unfinished;
}

struct Attribute
{
    QByteArrayView name;
    QByteArrayView value;
};
using Attributes = QVarLengthArray<Attribute, 16>;

/// Takes the name off a tag, or a declaration, and splits the rest. False when that is not possible.
bool splitTag(QByteArrayView tag, QByteArrayView &name, Attributes &attributes)
{
    const auto nameEnd = std::ranges::find_if(tag, isSpace);
    name = QByteArrayView(tag.begin(), nameEnd);
    const char *at = nameEnd;
    const char *const end = tag.end();
    const auto skipSpace = [&] {
        while (at != end && isSpace(*at))
            ++at;
    };
    while (at != end) {
        const char *const before = at;
        skipSpace();
        if (at == end)
            return true;
        if (at == before)
            return false;
        const char *const start = at;
        while (at != end && *at != '=' && !isSpace(*at))
            ++at;
        const QByteArrayView attribute(start, at);
        skipSpace();
        if (at == end || *at++ != '=')
            return false;
        skipSpace();
        if (at == end || (*at != '"' && *at != '\''))
            return false;
        const char *const value = at + 1;
        at = static_cast<const char *>(std::memchr(value, *at, size_t(end - value)));
        if (!at)
            return false;
        attributes.append({ attribute, QByteArrayView(value, at) });
        ++at;
    }
    return true;
}

} // namespace

struct StreamParser::Private
{
    explicit Private(const Limits &limits)
        : limits(limits)
    { }

    struct Open
    {
        Element *element; ///< null: the stream itself
        QString qualifiedName;
        size_t namespaces; ///< how many there were before
    };
    struct Namespace
    {
        QByteArray prefix; ///< empty: the default
        QString uri;
    };

    [[nodiscard]] Result<void> feed(QByteArrayView bytes, Output &output);
    [[nodiscard]] Result<void> take(Scanner::Token token, QByteArrayView bytes, Output &output);
    [[nodiscard]] Result<void> takeOutside(QByteArrayView text);
    [[nodiscard]] Result<void> takeDeclaration(QByteArrayView declaration) const;
    [[nodiscard]] Result<void> takeTag(QByteArrayView tag, bool empty, Output &output);
    [[nodiscard]] Result<void> takeEndTag(QByteArrayView tag, Output &output);
    [[nodiscard]] Result<void> takeText(QByteArrayView raw, Where where);
    [[nodiscard]] Result<void> declare(QByteArrayView prefix, QByteArrayView raw);
    [[nodiscard]] Result<Element> element(QByteArrayView name, const Attributes &attributes);
    /// What \a prefix stands for. Null: nothing.
    [[nodiscard]] const QString *uri(QByteArrayView prefix) const;
    [[nodiscard]] std::optional<QString> qualifiedName(QByteArrayView raw);
    void close(Output &output);
    [[nodiscard]] Result<void> exceed(const QString &how);
    void skip(Scanner::Token token, Output &output);

    const Limits limits;
    Scanner scanner;
    QByteArray held; ///< the token that has begun
    qsizetype mark = 0; ///< how much of a byte order mark there was
    bool begun = false; ///< something came behind that
    bool headerRead = false;
    Element stanza; ///< the one being read
    std::vector<Open> open;
    std::vector<Namespace> namespaces { { "xml"_ba, nsXml } };
    Repeated names;
    Repeated uris;
    qsizetype stanzaBytes = 0; ///< of its finished tokens
    int elements = 0;
    /// Set while the rest of a stanza that exceeds a limit goes by, of which so many elements are open.
    std::optional<Failure> excess;
    int skippedDepth = 0;
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
    Output output;
    if (const Result<void> taken = d->feed(bytes, output); !taken) {
        d->failure = taken.error();
        return std::unexpected(taken.error());
    }
    return output;
}

Result<void> StreamParser::Private::feed(QByteArrayView bytes, Output &output)
{
    qsizetype at = held.size(); // the scanner has seen what is held
    QByteArray joined;
    if (at > 0) {
        joined = std::exchange(held, {});
        joined += bytes;
        bytes = joined;
    }
    qsizetype begin = 0; // of the token
    while (at < bytes.size()) {
        const Scanner::Token token = scanner.next(bytes, begin, at);
        if (token == Scanner::Token::Forbidden)
            return forbidden();
        // What is between stanzas keeps the connection alive and is no part of any.
        const bool outside = token == Scanner::Token::Text && open.size() <= 1 && !excess;
        // Before anything else is looked at, so that where the pieces are cut makes no difference.
        if (!outside && !excess && stanzaBytes + (at - begin) > limits.stanzaBytes) {
            if (const Result<void> refused = exceed(
                    u"is larger than the %1 bytes allowed"_s.arg(limits.stanzaBytes));
                !refused)
                return refused;
        }
        const bool cut = token == Scanner::Token::Unfinished
            || (token == Scanner::Token::Text && at == bytes.size() && !outside);
        if (cut && !excess)
            break;
        if (!cut) {
            if (!outside)
                stanzaBytes += at - begin;
            if (const Result<void> taken = take(token, bytes.sliced(begin, at - begin), output); !taken)
                return taken;
        }
        begin = at;
    }
    held = begin == 0 && !joined.isEmpty() ? std::move(joined) : bytes.sliced(begin).toByteArray();
    return {};
}

/// Refuses the stanza, the rest of which goes by without being kept. Outside of stanzas an excess is the
/// peer's own doing.
Result<void> StreamParser::Private::exceed(const QString &how)
{
    if (open.empty())
        return fail(FailureKind::PolicyViolation, u"The stream's opening tag %1."_s.arg(how));
    excess = Failure { FailureKind::PolicyViolation, u"The stanza %1."_s.arg(how) };
    skippedDepth = int(open.size()) - 1;
    if (skippedDepth > 0)
        namespaces.resize(open[1].namespaces);
    open.resize(1);
    stanza.children.clear();
    stanza.text.clear();
    return {};
}

void StreamParser::Private::skip(Scanner::Token token, Output &output)
{
    switch (token) {
    case Scanner::Token::StartTag:
        ++skippedDepth;
        break;
    case Scanner::Token::EndTag:
        --skippedDepth;
        break;
    case Scanner::Token::EmptyTag:
        break;
    default:
        return;
    }
    if (skippedDepth > 0)
        return;
    output.refused.append({ std::exchange(stanza, {}), *std::exchange(excess, {}) });
    stanzaBytes = 0;
    elements = 0;
}

Result<void> StreamParser::Private::take(Scanner::Token token, QByteArrayView bytes, Output &output)
{
    Result<void> taken;
    if (excess) {
        // skip() below
    } else if (token == Scanner::Token::Text) {
        taken = open.size() > 1 ? takeText(bytes, Where::Text) : takeOutside(bytes);
    } else if (mark % byteOrderMark.size() != 0) {
        taken = malformed(u"it begins with half a byte order mark"_s);
    } else if (token == Scanner::Token::Section) {
        taken = open.size() > 1
            ? takeText(bytes.sliced(sectionStart.size()).chopped(sectionEnd.size()), Where::Section)
            : malformed(u"there is text between stanzas"_s);
    } else if (token == Scanner::Token::Declaration) {
        taken = takeDeclaration(bytes.sliced(2).chopped(2));
    } else if (token == Scanner::Token::EndTag) {
        taken = takeEndTag(bytes.sliced(2).chopped(1), output);
    } else {
        const bool empty = token == Scanner::Token::EmptyTag;
        taken = takeTag(bytes.sliced(1).chopped(empty ? 2 : 1), empty, output);
    }
    if (excess)
        skip(token, output);
    return taken;
}

Result<void> StreamParser::Private::takeOutside(QByteArrayView text)
{
    while (!begun && !text.isEmpty() && mark < byteOrderMark.size() && text.front() == byteOrderMark[mark]) {
        ++mark;
        text = text.sliced(1);
    }
    if (text.isEmpty())
        return {};
    begun = true;
    if (!std::ranges::all_of(text, isSpace))
        return malformed(u"there is text between stanzas"_s);
    return {};
}

Result<void> StreamParser::Private::takeDeclaration(QByteArrayView declaration) const
{
    QByteArrayView name;
    Attributes attributes;
    const bool split = splitTag(declaration, name, attributes);
    if (name != "xml")
        return forbidden();
    bool valid = split && !begun && !attributes.isEmpty() && attributes.front().name == "version";
    for (const auto &[attribute, value] : attributes) {
        if (attribute == "version") {
            valid = valid && value == "1.0";
        } else if (attribute == "encoding") {
            if (value.compare("UTF-8", Qt::CaseInsensitive) != 0)
                return fail(
                    FailureKind::BadRequest,
                    u"The stream is declared to be %1; XMPP allows only UTF-8 (RFC 6120 §11.6)."_s.arg(
                        QString::fromUtf8(value)));
        } else {
            valid = valid && attribute == "standalone";
        }
    }
    return valid ? Result<void>() : malformed(u"its XML declaration is faulty"_s);
}

Result<void> StreamParser::Private::takeTag(QByteArrayView tag, bool empty, Output &output)
{
    begun = true;
    if (headerRead && open.empty())
        return malformed(u"there is something behind its end"_s);
    // The stream's own element is not counted.
    if (std::ssize(open) > limits.depth)
        return exceed(u"is nested deeper than the %1 levels allowed"_s.arg(limits.depth));
    if (++elements > limits.elements)
        return exceed(u"has more than the %1 elements allowed"_s.arg(limits.elements));

    QByteArrayView name;
    Attributes attributes;
    if (!splitTag(tag, name, attributes))
        return malformed(u"a tag is faulty"_s);
    if (attributes.size() > limits.attributes)
        return exceed(u"has an element of more than the %1 attributes allowed"_s.arg(limits.attributes));
    if (std::ssize(namespaces) > maxNamespaces)
        return exceed(u"declares more than the %1 namespaces allowed"_s.arg(maxNamespaces));

    const size_t before = namespaces.size();
    Result<Element> read = element(name, attributes);
    if (!read)
        return std::unexpected(read.error());
    Element *place = nullptr;
    if (!headerRead) {
        headerRead = true;
        output.header = *std::move(read);
        elements = 0;
        stanzaBytes = 0;
    } else if (open.size() == 1) {
        stanza = *std::move(read);
        place = &stanza;
    } else {
        place = &open.back().element->children.emplaceBack(*std::move(read));
    }
    open.push_back({ place, *qualifiedName(name), before });
    if (empty)
        close(output);
    return {};
}

Result<void> StreamParser::Private::takeEndTag(QByteArrayView tag, Output &output)
{
    while (!tag.isEmpty() && isSpace(tag.back()))
        tag.chop(1);
    if (open.empty() || qualifiedName(tag) != open.back().qualifiedName)
        return malformed(u"an end tag has no start tag"_s);
    close(output);
    return {};
}

void StreamParser::Private::close(Output &output)
{
    namespaces.resize(open.back().namespaces);
    open.pop_back();
    if (open.empty()) {
        output.closed = true;
    } else if (open.size() == 1) {
        output.stanzas.append(std::exchange(stanza, {}));
        stanzaBytes = 0;
        elements = 0;
    }
}

Result<void> StreamParser::Private::takeText(QByteArrayView raw, Where where)
{
    std::optional<QString> text = decoded(raw, where);
    if (!text)
        return malformed(u"a text contains what XML does not allow"_s);
    QString &all = open.back().element->text;
    if (all.isEmpty())
        all = *std::move(text);
    else
        all += *text;
    return {};
}

Result<void> StreamParser::Private::declare(QByteArrayView prefix, QByteArrayView raw)
{
    const std::optional<QString> uri = uris.get(raw, [](QByteArrayView raw) {
        return decoded(raw, Where::Value);
    });
    // Namespaces in XML 1.0 §3, §5
    if (!uri || prefix == "xmlns" || *uri == nsXmlns || (prefix == "xml") != (*uri == nsXml)
        || (uri->isEmpty() && !prefix.isEmpty()))
        return malformed(u"a namespace declaration is faulty"_s);
    namespaces.push_back({ prefix.toByteArray(), *uri });
    return {};
}

Result<Element> StreamParser::Private::element(QByteArrayView name, const Attributes &attributes)
{
    const auto prefixOf = [](QByteArrayView name) {
        return name.first(std::max<qsizetype>(name.indexOf(':'), 0));
    };
    const auto localOf = [](QByteArrayView name) { return name.sliced(name.indexOf(':') + 1); };
    const auto isDeclaration = [&](QByteArrayView name) {
        return name == "xmlns" || prefixOf(name) == "xmlns";
    };

    qsizetype declarations = 0;
    bool prefixes = false;
    for (const auto &[attribute, value] : attributes) {
        if (isDeclaration(attribute)) {
            ++declarations;
            const bool isDefault = attribute == "xmlns";
            if (const Result<void> declared = declare(isDefault ? QByteArrayView("") : localOf(attribute),
                                                      value);
                !declared)
                return std::unexpected(declared.error());
        } else {
            prefixes = prefixes || attribute.contains(':');
        }
    }

    const std::optional<QString> qualified = qualifiedName(name);
    const QString *const xmlns = uri(prefixOf(name));
    if (!qualified || !xmlns)
        return malformed(u"an element's name is faulty"_s);
    Element element;
    element.name = name.contains(':') ? *qualifiedName(localOf(name)) : *qualified;
    element.xmlns = *xmlns;
    element.attributes.reserve(attributes.size() - declarations);
    for (qsizetype i = 0; i < attributes.size(); ++i) {
        const auto &[attribute, raw] = attributes[i];
        const std::optional<QString> qualifiedAttribute = qualifiedName(attribute);
        const QByteArrayView prefix = prefixOf(attribute);
        if (!qualifiedAttribute || (!prefix.isEmpty() && prefix != "xmlns" && !uri(prefix)))
            return malformed(u"an attribute's name is faulty"_s);
        for (qsizetype j = 0; j < i; ++j) {
            const QByteArrayView other = attributes[j].name;
            if (other == attribute
                || (prefixes && !prefix.isEmpty() && other.contains(':')
                    && localOf(other) == localOf(attribute) && !isDeclaration(attribute)
                    && !isDeclaration(other) && *uri(prefix) == *uri(prefixOf(other))))
                return malformed(u"an element has an attribute twice"_s);
        }
        if (isDeclaration(attribute))
            continue;
        std::optional<QString> value = decoded(raw, Where::Value);
        if (!value)
            return malformed(u"the value of an attribute contains what XML does not allow"_s);
        element.attributes.append({ *qualifiedAttribute, *std::move(value) });
    }
    return element;
}

const QString *StreamParser::Private::uri(QByteArrayView prefix) const
{
    static const QString none;
    for (auto found = namespaces.rbegin(); found != namespaces.rend(); ++found) {
        if (found->prefix == prefix)
            return &found->uri;
    }
    return prefix.isEmpty() ? &none : nullptr;
}

std::optional<QString> StreamParser::Private::qualifiedName(QByteArrayView raw)
{
    return names.get(raw, [](QByteArrayView raw) -> std::optional<QString> {
        if (!raw.isValidUtf8())
            return {};
        QString name = QString::fromUtf8(raw);
        if (!isQualifiedName(name))
            return {};
        return name;
    });
}

} // namespace castellan::wire
