// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/stream.h"

#include <QByteArrayView>

#include <expat.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <new>
#include <tuple>
#include <type_traits>
#include <vector>

using namespace Qt::StringLiterals;

namespace castellan::wire {

namespace {

static_assert(std::is_same_v<XML_Char, char>, "expat must be the one that speaks UTF-8");

/// What expat puts between the namespace, the name and the prefix. It lets no namespace contain it.
constexpr char separator = '\n';

constexpr QLatin1StringView nsXml { "http://www.w3.org/XML/1998/namespace" };

/// A stanza that is this many times too large is not waited out: a server that passes it on has no limits.
constexpr qsizetype patience = 16;
/// expat remembers every name that it has ever seen. After so many bytes another one takes its place, so that
/// nobody can fill the memory with new names.
constexpr qsizetype longestUse = 1 << 20;
/// How much may come without any `>` before it is looked at all the same.
constexpr qsizetype mostUnread = 1 << 16;

Failure forbidden()
{
    return { FailureKind::PolicyViolation,
             u"The stream contains what XMPP forbids: a comment, processing instruction or DTD "
             u"(RFC 6120 §11.1)."_s };
}

Failure malformed(const QString &why)
{
    return { FailureKind::BadRequest, u"The stream is not well-formed: %1."_s.arg(why) };
}

bool isSpace(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// QString takes one U+FEFF in front for a byte order mark and drops it; here it is a character like others.
QString fromUtf8(QByteArrayView utf8)
{
    if (QtPrivate::isAscii(QLatin1StringView(utf8))) // nearly always, and then there is less to do
        return QString::fromLatin1(utf8);
    QString text = QString::fromUtf8(utf8);
    if (utf8.startsWith("\xef\xbb\xbf"))
        text.prepend(QChar(QChar::ByteOrderMark));
    return text;
}

/// A name as expat gives it, taken apart.
struct Name
{
    explicit Name(QByteArrayView expanded = {})
    {
        const qsizetype first = expanded.indexOf(separator);
        if (first < 0) {
            local = qualified = QString::fromUtf8(expanded);
            return;
        }
        xmlns = fromUtf8(expanded.first(first));
        expanded = expanded.sliced(first + 1);
        const qsizetype second = expanded.indexOf(separator);
        local = qualified = QString::fromUtf8(expanded.first(second < 0 ? expanded.size() : second));
        if (second >= 0)
            qualified = QString::fromUtf8(expanded.sliced(second + 1)) + u':' + local;
    }

    QString xmlns;
    QString local;
    QString qualified;
};

/// The names that come again and again, so that each is made once. Whoever makes up new ones displaces older
/// ones, so it stays small.
class Names
{
public:
    const Name &get(QByteArrayView expanded)
    {
        if (expanded.size() > longest)
            return m_long = Name(expanded);
        quint64 tail = 0; // where names differ: namespaces come first
        const qsizetype tailSize = std::min<qsizetype>(expanded.size(), sizeof tail);
        std::memcpy(&tail, expanded.end() - tailSize, size_t(tailSize));
        Entry &entry = m_entries[((tail ^ quint64(expanded.size())) * 0x9e3779b97f4a7c15) >> 56];
        if (entry.expanded != expanded)
            entry = { expanded.toByteArray(), Name(expanded) };
        return entry.name;
    }

private:
    static constexpr qsizetype longest = 128;
    struct Entry
    {
        QByteArray expanded;
        Name name;
    };
    std::array<Entry, 1 << 8> m_entries;
    Name m_long;
};

} // namespace

/// The handlers of expat, which has no exceptions and goes on for a while after it was stopped: each looks at
/// `failure` first.
struct StreamParser::Private
{
    explicit Private(const Limits &limits)
        : limits(limits)
    {
        create();
    }
    Q_DISABLE_COPY_MOVE(Private)

    void create();
    void renew();
    void read(QByteArrayView bytes);
    void fail(const Failure &why);
    void exceed(const QString &how);
    /// Takes note of where that ends which is reported now. True: within the size that a stanza may have.
    [[nodiscard]] bool fits();

    void onDeclaration(const char *version, const char *encoding);
    void onStart(const char *name, const char **attributes);
    void onEnd();
    void onText(QByteArrayView text);

    const Limits limits;
    std::unique_ptr<std::remove_pointer_t<XML_Parser>,
                    decltype([](XML_Parser used) { XML_ParserFree(used); })>
        owner;
    XML_Parser parser = nullptr; ///< owner's
    QByteArray header; ///< what has come up to the end of the stream's opening tag
    Names names;
    QByteArray unread; ///< behind the last `>`: nothing in it can be complete
    qsizetype given = 0; ///< bytes of the stream, whichever expat read them
    qsizetype base = 0; ///< where this expat began to count
    qsizetype reported = 0; ///< of these, what it has come to an end with
    qsizetype complete = 0; ///< of these, what belongs to no stanza that is being read

    Output *output = nullptr; ///< while bytes are read
    bool headerRead = false;
    Element stanza; ///< the one being read
    std::vector<Element *> open; ///< its open elements
    qsizetype start = 0; ///< where it starts
    int elements = 0;
    int declarations = 0; ///< of namespaces, by the next start tag
    /// Set while the rest of a stanza that exceeds a limit goes by, of which so many elements are open.
    std::optional<Failure> excess;
    int skipped = 0;
    std::optional<Failure> failure;
};

void StreamParser::Private::create()
{
    parser = XML_ParserCreateNS("UTF-8", separator);
    if (!parser)
        throw std::bad_alloc();
    owner.reset(parser);
    // A stanza is answered when it is complete, not when as many bytes have come again.
    XML_SetReparseDeferralEnabled(parser, XML_FALSE);
    XML_SetReturnNSTriplet(parser, 1);
    XML_SetUserData(parser, this);
    XML_SetXmlDeclHandler(parser, [](void *data, const char *version, const char *encoding, int) {
        static_cast<Private *>(data)->onDeclaration(version, encoding);
    });
    XML_SetStartNamespaceDeclHandler(parser, [](void *data, const char *, const char *) {
        ++static_cast<Private *>(data)->declarations;
    });
    XML_SetElementHandler(
        parser,
        [](void *data, const char *name, const char **attributes) {
            static_cast<Private *>(data)->onStart(name, attributes);
        },
        [](void *data, const char *) { static_cast<Private *>(data)->onEnd(); });
    XML_SetCharacterDataHandler(parser, [](void *data, const char *text, int size) {
        static_cast<Private *>(data)->onText({ text, size });
    });
    XML_SetCommentHandler(parser,
                          [](void *data, const char *) { static_cast<Private *>(data)->fail(forbidden()); });
    XML_SetProcessingInstructionHandler(parser, [](void *data, const char *, const char *) {
        static_cast<Private *>(data)->fail(forbidden());
    });
    XML_SetStartDoctypeDeclHandler(parser, [](void *data, const char *, const char *, const char *, int) {
        static_cast<Private *>(data)->fail(forbidden());
    });
}

/// Between stanzas: another expat that has seen nothing but the stream's opening tag.
void StreamParser::Private::renew()
{
    create();
    base = given - header.size();
    headerRead = false;
    Output again;
    Output *const current = std::exchange(output, &again);
    XML_Parse(parser, header.constData(), int(header.size()), XML_FALSE);
    output = current;
}

StreamParser::StreamParser()
    : StreamParser(Limits {})
{ }

StreamParser::StreamParser(const Limits &limits)
    : d(std::make_unique<Private>(limits))
{ }

StreamParser::~StreamParser() = default;

Result<StreamParser::Output> StreamParser::feed(const QByteArray &bytes)
{
    Output output;
    if (!d->failure) {
        d->output = &output;
        d->read(bytes);
        d->output = nullptr;
        output.completeTo = d->complete;
    }
    if (d->failure)
        return std::unexpected(*d->failure);
    return output;
}

/// expat begins a tag anew whenever bytes arrive. So that a tag in many pieces is read once, only what can be
/// complete is given to it.
void StreamParser::Private::read(QByteArrayView bytes)
{
    const qsizetype end = bytes.lastIndexOf('>') + 1;
    if (end == 0 && unread.size() + bytes.size() < mostUnread) {
        unread += bytes;
        return;
    }
    const qsizetype size = end == 0 ? bytes.size() : end;
    QByteArray joined = std::exchange(unread, bytes.sliced(size).toByteArray());
    bytes = bytes.first(size);
    if (!joined.isEmpty()) {
        joined += bytes;
        bytes = joined;
    }
    if (given - base > longestUse && headerRead && open.empty() && !excess && reported == given)
        renew();
    given += bytes.size();
    if (!headerRead)
        header += bytes;
    if (bytes.contains('\0')) { // no character of XML; but expat would see UTF-16 in it
        failure = malformed(u"it has a null byte"_s);
        return;
    }
    if (XML_Parse(parser, bytes.data(), int(bytes.size()), XML_FALSE) == XML_STATUS_ERROR && !failure)
        failure = malformed(QString::fromUtf8(XML_ErrorString(XML_GetErrorCode(parser))));
    // What expat has not reported is a tag that has not ended.
    const qsizetype pending = given - (open.empty() && !excess ? reported : start);
    if (!failure && pending > patience * limits.stanzaBytes) {
        failure = Failure { FailureKind::PolicyViolation,
                            u"A stanza is much larger than the %1 bytes allowed."_s.arg(limits.stanzaBytes) };
    }
}

void StreamParser::Private::fail(const Failure &why)
{
    if (!failure)
        failure = why;
    XML_StopParser(parser, XML_FALSE);
}

bool StreamParser::Private::fits()
{
    reported = base + XML_GetCurrentByteIndex(parser) + XML_GetCurrentByteCount(parser);
    return reported - start <= limits.stanzaBytes;
}

/// Refuses the stanza, the rest of which goes by without being kept. Outside of stanzas an excess is the
/// peer's own doing.
void StreamParser::Private::exceed(const QString &how)
{
    if (!headerRead)
        return fail({ FailureKind::PolicyViolation, u"The stream's opening tag %1."_s.arg(how) });
    excess = Failure { FailureKind::PolicyViolation, u"The stanza %1."_s.arg(how) };
    skipped = int(open.size());
    open.clear();
    stanza.children.clear();
    stanza.text.clear();
}

void StreamParser::Private::onDeclaration(const char *version, const char *encoding)
{
    if (version && QByteArrayView(version) != "1.0")
        fail(malformed(u"it is XML %1"_s.arg(QString::fromUtf8(version))));
    if (encoding && QByteArrayView(encoding).compare("UTF-8", Qt::CaseInsensitive) != 0) {
        fail({ FailureKind::BadRequest,
               u"The stream is declared to be %1; XMPP allows only UTF-8 (RFC 6120 §11.6)."_s.arg(
                   QString::fromUtf8(encoding)) });
    }
}

void StreamParser::Private::onStart(const char *name, const char **attributes)
{
    if (failure)
        return;
    const int attributeCount = XML_GetSpecifiedAttributeCount(parser) / 2 + std::exchange(declarations, 0);
    if (excess) {
        std::ignore = fits();
        ++skipped;
        return;
    }
    if (headerRead && open.empty()) {
        start = base + XML_GetCurrentByteIndex(parser);
        elements = 0;
        stanza = {};
    }
    ++elements;
    if (!fits())
        exceed(u"is larger than the %1 bytes allowed"_s.arg(limits.stanzaBytes));
    else if (std::ssize(open) >= limits.depth)
        exceed(u"is nested deeper than the %1 levels allowed"_s.arg(limits.depth));
    else if (elements > limits.elements)
        exceed(u"has more than the %1 elements allowed"_s.arg(limits.elements));
    else if (attributeCount > limits.attributes)
        exceed(u"has an element of more than the %1 attributes allowed"_s.arg(limits.attributes));
    if (failure)
        return;
    if (excess) {
        ++skipped; // for this tag
        return;
    }

    const Name &tag = names.get(name);
    Element element { .name = tag.local, .xmlns = tag.xmlns };
    element.attributes.reserve(attributeCount);
    for (; *attributes; attributes += 2) {
        const Name &attribute = names.get(attributes[0]);
        if (attribute.xmlns.isEmpty() || attribute.xmlns == nsXml)
            element.attributes.append({ attribute.qualified, fromUtf8(attributes[1]) });
    }
    if (!headerRead) {
        headerRead = true;
        header.truncate(reported - base);
        complete = reported;
        output->header = std::move(element);
    } else if (open.empty()) {
        stanza = std::move(element);
        open.push_back(&stanza);
    } else {
        QList<Element> &siblings = open.back()->children;
        if (siblings.isEmpty())
            siblings.reserve(4);
        open.push_back(&siblings.emplaceBack(std::move(element)));
    }
}

void StreamParser::Private::onEnd()
{
    if (failure)
        return;
    if (!fits() && !excess && !open.empty())
        exceed(u"is larger than the %1 bytes allowed"_s.arg(limits.stanzaBytes));
    if (excess) {
        if (--skipped == 0) {
            complete = reported;
            output->refused.append({ std::exchange(stanza, {}), *std::exchange(excess, {}) });
        }
        return;
    }
    if (open.empty()) {
        complete = reported;
        output->closed = true;
        return;
    }
    open.pop_back();
    if (open.empty()) {
        complete = reported;
        output->stanzas.append(std::exchange(stanza, {}));
    }
}

void StreamParser::Private::onText(QByteArrayView text)
{
    if (failure)
        return;
    const bool fitting = fits();
    if (excess)
        return;
    if (open.empty()) {
        // White space between stanzas keeps the connection alive.
        if (!std::ranges::all_of(text, isSpace))
            fail(malformed(u"there is text between stanzas"_s));
        complete = reported;
        return;
    }
    if (!fitting)
        return exceed(u"is larger than the %1 bytes allowed"_s.arg(limits.stanzaBytes));
    QString &all = open.back()->text;
    if (all.isEmpty())
        all = fromUtf8(text);
    else
        all += fromUtf8(text);
}

} // namespace castellan::wire
