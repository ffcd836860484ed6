// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "vocabulary/jid.h"

#include <QCoreApplication>
#include <QUrl>

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace castellan {

namespace {

struct Text
{
    Q_DECLARE_TR_FUNCTIONS(castellan::Jid)
};

constexpr qsizetype maxPartBytes = 1023; // RFC 7622 §3.2 to §3.4

bool isAscii(QStringView text)
{
    return std::ranges::all_of(text, [](QChar c) { return c.unicode() < 0x80; });
}

std::unexpected<Failure> malformed(QStringView part, const QString &why)
{
    return fail(FailureKind::JidMalformed,
                Text::tr("“%1” cannot be part of a JID: %2",
                         "%1 is the user, domain or resource of an address, %2 the reason")
                    .arg(part.first(std::min<qsizetype>(part.size(), 100)), why));
}

// ---- PRECIS (RFC 8264), as far as the local part and the resource need it

bool hasCompatibilityForm(char32_t c)
{
    const QString text = QString::fromUcs4(&c, 1);
    return text.normalized(QString::NormalizationForm_KC) != text;
}

bool isDefaultIgnorable(char32_t c)
{
    return QChar::category(c) == QChar::Other_Format || c == 0x034f || c == 0x115f || c == 0x1160
        || c == 0x17b4 || c == 0x17b5 || (c >= 0x180b && c <= 0x180f) || (c >= 0xfe00 && c <= 0xfe0f)
        || c == 0x3164 || c == 0xffa0 || (c >= 0xe0000 && c <= 0xe0fff);
}

bool isOldHangulJamo(char32_t c)
{
    return (c >= 0x1100 && c <= 0x11ff) || (c >= 0xa960 && c <= 0xa97f) || (c >= 0xd7b0 && c <= 0xd7ff);
}

/// The contextual rules of RFC 5892 appendix A for the character at \a i; not set: it needs none.
std::optional<bool> allowedInContext(const QList<uint> &text, qsizetype i)
{
    const auto scriptAt = [&](qsizetype at) {
        return at >= 0 && at < text.size() ? QChar::script(text[at]) : QChar::Script_Unknown;
    };
    const auto in = [](uint c, uint first, uint last) { return c >= first && c <= last; };
    constexpr unsigned char virama = 9; // canonical combining class
    const uint c = text[i];
    switch (c) {
    case 0x200c: // zero width non-joiner, zero width joiner: only behind a virama
    case 0x200d:
        return i > 0 && QChar::combiningClass(text[i - 1]) == virama;
    case 0x00b7: // middle dot: only between two l, as in Catalan
        return i > 0 && i + 1 < text.size() && text[i - 1] == u'l' && text[i + 1] == u'l';
    case 0x0375: // Greek keraia
        return scriptAt(i + 1) == QChar::Script_Greek;
    case 0x05f3: // Hebrew geresh, gershayim
    case 0x05f4:
        return scriptAt(i - 1) == QChar::Script_Hebrew;
    case 0x30fb: // Katakana middle dot
        return std::ranges::any_of(text, [](uint other) {
            const QChar::Script script = QChar::script(other);
            return script == QChar::Script_Hiragana || script == QChar::Script_Katakana
                || script == QChar::Script_Han;
        });
    default:
        break;
    }
    if (in(c, 0x0660, 0x0669)) // the two kinds of Arabic digits do not mix
        return std::ranges::none_of(text, [&](uint other) { return in(other, 0x06f0, 0x06f9); });
    if (in(c, 0x06f0, 0x06f9))
        return std::ranges::none_of(text, [&](uint other) { return in(other, 0x0660, 0x0669); });
    return {};
}

enum class StringClass {
    Identifier,
    Freeform,
};

/// RFC 8264 §8: the decision tree of the derived property, in its order.
bool isAllowed(const QList<uint> &text, qsizetype i, StringClass stringClass)
{
    const uint c = text[i];
    switch (c) {
    case 0x00df: // the exceptions of RFC 5892 §2.6
    case 0x03c2:
    case 0x06fd:
    case 0x06fe:
    case 0x0f0b:
    case 0x3007:
        return true;
    case 0x0640:
    case 0x07fa:
    case 0x302e:
    case 0x302f:
    case 0x3031:
    case 0x3032:
    case 0x3033:
    case 0x3034:
    case 0x3035:
    case 0x303b:
        return false;
    default:
        break;
    }
    if (const std::optional<bool> allowed = allowedInContext(text, i))
        return *allowed;
    if (QChar::unicodeVersion(c) == QChar::Unicode_Unassigned)
        return false;
    if (c >= 0x21 && c <= 0x7e)
        return true;
    if (isOldHangulJamo(c) || isDefaultIgnorable(c) || QChar::isNonCharacter(c))
        return false;
    const bool freeform = stringClass == StringClass::Freeform;
    if (hasCompatibilityForm(c))
        return freeform;
    switch (QChar::category(c)) {
    case QChar::Letter_Lowercase:
    case QChar::Letter_Uppercase:
    case QChar::Letter_Other:
    case QChar::Letter_Modifier:
    case QChar::Number_DecimalDigit:
    case QChar::Mark_NonSpacing:
    case QChar::Mark_SpacingCombining:
        return true;
    case QChar::Letter_Titlecase:
    case QChar::Number_Letter:
    case QChar::Number_Other:
    case QChar::Mark_Enclosing:
    case QChar::Separator_Space:
    case QChar::Symbol_Math:
    case QChar::Symbol_Currency:
    case QChar::Symbol_Modifier:
    case QChar::Symbol_Other:
    case QChar::Punctuation_Connector:
    case QChar::Punctuation_Dash:
    case QChar::Punctuation_Open:
    case QChar::Punctuation_Close:
    case QChar::Punctuation_InitialQuote:
    case QChar::Punctuation_FinalQuote:
    case QChar::Punctuation_Other:
        return freeform;
    default:
        return false;
    }
}

bool isAllowed(const QString &text, StringClass stringClass)
{
    const QList<uint> characters = text.toUcs4();
    for (qsizetype i = 0; i < characters.size(); ++i) {
        if (!isAllowed(characters, i, stringClass))
            return false;
    }
    return true;
}

/// The Bidi Rule (RFC 5893 §2), which RFC 8265 asks of names that have right-to-left characters.
bool isDirectionConsistent(const QString &text)
{
    QList<QChar::Direction> directions;
    for (const uint c : text.toUcs4())
        directions.append(QChar::direction(c));
    const auto isRightToLeft = [](QChar::Direction d) {
        return d == QChar::DirR || d == QChar::DirAL || d == QChar::DirAN;
    };
    if (std::ranges::none_of(directions, isRightToLeft))
        return true;
    if (directions.first() != QChar::DirR && directions.first() != QChar::DirAL)
        return false; // a left-to-right name must not have right-to-left characters
    const bool inside = std::ranges::all_of(directions, [&](QChar::Direction d) {
        return isRightToLeft(d) || d == QChar::DirEN || d == QChar::DirES || d == QChar::DirCS
            || d == QChar::DirET || d == QChar::DirON || d == QChar::DirBN || d == QChar::DirNSM;
    });
    while (directions.last() == QChar::DirNSM)
        directions.removeLast();
    const bool end = isRightToLeft(directions.last()) || directions.last() == QChar::DirEN;
    const bool digits = !(directions.contains(QChar::DirEN) && directions.contains(QChar::DirAN));
    return inside && end && digits;
}

/// UsernameCaseMapped (RFC 8265 §3.3): width, case, composition.
QString mappedName(QStringView text)
{
    QString mapped;
    mapped.reserve(text.size());
    for (const uint c : text.toUcs4()) {
        const QChar::Decomposition form = QChar::decompositionTag(c);
        if (form == QChar::Wide || form == QChar::Narrow) {
            mapped += QChar::decomposition(c);
        } else {
            const char32_t character = c;
            mapped += QStringView(QString::fromUcs4(&character, 1));
        }
    }
    return mapped.toLower().normalized(QString::NormalizationForm_C);
}

void appendLowerCase(QString &to, QStringView ascii)
{
    const qsizetype before = to.size();
    to.resize(before + ascii.size());
    std::ranges::transform(ascii, to.begin() + before,
                           [](QChar c) { return c >= u'A' && c <= u'Z' ? QChar(c.unicode() + 0x20) : c; });
}

/// RFC 7622 §3.3.1, and no spaces or control characters.
constexpr bool isAllowedInLocal(QChar c)
{
    switch (c.unicode()) {
    case '"':
    case '&':
    case '\'':
    case '/':
    case ':':
    case '<':
    case '>':
    case '@':
    case 0x7f:
        return false;
    default:
        return c.unicode() > 0x20;
    }
}

Result<void> appendLocal(QString &to, QStringView local)
{
    if (local.isEmpty())
        return malformed(local, Text::tr("nothing is in front of the @."));
    const qsizetype start = to.size();
    const bool ascii = isAscii(local);
    if (ascii) {
        appendLowerCase(to, local);
    } else {
        const QString name = mappedName(local);
        if (mappedName(name) != name || !isAllowed(name, StringClass::Identifier)
            || !isDirectionConsistent(name))
            return malformed(local, Text::tr("it has characters that a user name must not have."));
        to += name;
    }
    const QStringView result = QStringView(to).sliced(start);
    if (!std::ranges::all_of(result, isAllowedInLocal))
        return malformed(local, Text::tr("spaces, control characters and \" & ' / : < > @ are not allowed."));
    if ((ascii ? result.size() : result.toUtf8().size()) > maxPartBytes)
        return malformed(local, Text::tr("it is longer than 1023 bytes."));
    return {};
}

bool isHostName(QStringView ascii)
{
    for (const QStringView label : ascii.tokenize(u'.')) {
        if (label.isEmpty() || label.size() > 63 || label.startsWith(u'-') || label.endsWith(u'-'))
            return false;
        const bool valid = std::ranges::all_of(label, [](QChar c) {
            return (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z') || (c >= u'0' && c <= u'9')
                || c == u'-';
        });
        if (!valid)
            return false;
    }
    return true;
}

bool hasAceLabel(QStringView name)
{
    return std::ranges::any_of(name.tokenize(u'.'), [](QStringView label) {
        return label.size() >= 4 && label[2] == u'-' && label.startsWith("xn--"_L1, Qt::CaseInsensitive);
    });
}

Result<void> appendDomain(QString &to, QStringView domain)
{
    QStringView name = domain;
    if (name.endsWith(u'.'))
        name.chop(1);
    if (name.isEmpty())
        return malformed(domain, Text::tr("the domain is missing."));
    if (name.size() > maxPartBytes)
        return malformed(domain, Text::tr("it is longer than 1023 bytes."));

    if (name.startsWith(u'[')) {
        // QUrl knows how to check and shorten an IPv6 address, and takes a zone and future kinds, which RFC
        // 7622 does not.
        QUrl url;
        url.setHost(name.toString(), QUrl::StrictMode);
        if (!name.endsWith(u']') || name.contains(u'%') || !url.host().contains(u':')
            || url.host().startsWith(u'v'))
            return malformed(domain, Text::tr("it is not an IPv6 address."));
        to += u'[' + url.host() + u']';
        return {};
    }
    if (isAscii(name) && !hasAceLabel(name)) {
        if (!isHostName(name))
            return malformed(domain, Text::tr("it is not a domain name."));
        appendLowerCase(to, name);
        return {};
    }
    const QByteArray ascii = QUrl::toAce(name.toString(), QUrl::IgnoreIDNWhitelist);
    const QString unicode = QUrl::fromAce(ascii, QUrl::IgnoreIDNWhitelist);
    // QUrl leaves a label as it is that stands for nothing.
    if (!isHostName(QLatin1StringView(ascii).toString()) || hasAceLabel(unicode)
        || QUrl::toAce(unicode, QUrl::IgnoreIDNWhitelist) != ascii)
        return malformed(domain, Text::tr("it is not an internationalised domain name."));
    to += unicode;
    return {};
}

/// OpaqueString (RFC 8265 §4.2): every space becomes U+0020, then composition.
Result<void> appendResource(QString &to, QStringView resource)
{
    if (resource.isEmpty())
        return malformed(resource, Text::tr("nothing is behind the /."));
    const qsizetype start = to.size();
    const bool ascii = isAscii(resource);
    if (ascii) {
        to += resource;
    } else {
        QString text = resource.toString();
        for (QChar &c : text) {
            if (c.category() == QChar::Separator_Space)
                c = u' ';
        }
        to += text.normalized(QString::NormalizationForm_C);
    }
    const QStringView result = QStringView(to).sliced(start);
    // Which it may be only now that its spaces are.
    const bool allowed = isAscii(result)
        ? std::ranges::all_of(result, [](QChar c) { return c.unicode() >= 0x20 && c.unicode() != 0x7f; })
        : isAllowed(result.toString(), StringClass::Freeform);
    if (!allowed)
        return malformed(resource, Text::tr("it has characters that a resource must not have."));
    if ((ascii ? result.size() : result.toUtf8().size()) > maxPartBytes)
        return malformed(resource, Text::tr("it is longer than 1023 bytes."));
    return {};
}

// ---- the JIDs that nearly all are

/// Where the normal form of an ASCII character is itself.
enum Place : quint8 {
    InLocal = 1,
    InHostName = 2,
    InResource = 4,
};

constexpr auto places = [] {
    std::array<quint8, 0x80> places {};
    for (char c = 0x20; c < 0x7f; ++c)
        places[size_t(c)] = InResource | (isAllowedInLocal(QLatin1Char(c)) ? InLocal : 0);
    for (char c = 'A'; c <= 'Z'; ++c)
        places[size_t(c)] &= quint8(~InLocal);
    for (char c = 'a'; c <= 'z'; ++c)
        places[size_t(c)] |= InHostName;
    for (char c = '0'; c <= '9'; ++c)
        places[size_t(c)] |= InHostName;
    places['-'] |= InHostName;
    return places;
}();

/// 1 to 1023 characters that are normal in \a place.
bool isNormal(QStringView part, Place place)
{
    return !part.isEmpty() && part.size() <= maxPartBytes && std::ranges::all_of(part, [=](QChar c) {
        return c.unicode() < 0x80 && (places[c.unicode()] & place);
    });
}

/// A host name that needs no mapping. Some are that and not recognised: with hyphens at the start or end of
/// a label or in twos, which may mean something else.
bool isNormalHostName(QStringView name)
{
    if (name.isEmpty() || name.size() > maxPartBytes)
        return false;
    qsizetype labelStart = 0;
    char16_t before = u'.';
    for (qsizetype i = 0; i < name.size(); ++i) {
        const char16_t c = name[i].unicode();
        const bool isEdge = before == u'.' || before == u'-';
        if (c == u'.') {
            if (isEdge || i - labelStart > 63)
                return false;
            labelStart = i + 1;
        } else if (c >= 0x80 || !(places[c] & InHostName) || (c == u'-' && isEdge)) {
            return false;
        }
        before = c;
    }
    return before != u'.' && before != u'-' && name.size() - labelStart <= 63;
}

} // namespace

Result<Jid> Jid::parse(QStringView text)
{
    // RFC 7622 §3.2: the resource starts at the first slash; before it, the domain starts behind the first @.
    const qsizetype slash = text.indexOf(u'/');
    const QStringView bare = slash < 0 ? text : text.first(slash);
    const qsizetype at = bare.indexOf(u'@');

    Jid jid;
    if ((at < 0 || isNormal(bare.first(at), InLocal)) && isNormalHostName(bare.sliced(at + 1))
        && (slash < 0 || isNormal(text.sliced(slash + 1), InResource))) {
        jid.m_bare = bare.toString();
        jid.m_full = slash < 0 ? jid.m_bare : text.toString();
        jid.m_localLength = at;
        return jid;
    }

    if (!text.isValidUtf16())
        return malformed({}, Text::tr("it is not valid Unicode."));
    jid.m_full.reserve(text.size());
    if (at >= 0) {
        if (const Result<void> local = appendLocal(jid.m_full, bare.first(at)); !local)
            return std::unexpected(local.error());
        jid.m_localLength = jid.m_full.size();
        jid.m_full += u'@';
    }
    if (const Result<void> domain = appendDomain(jid.m_full, bare.sliced(at + 1)); !domain)
        return std::unexpected(domain.error());
    jid.m_bare = jid.m_full;
    if (slash >= 0) {
        jid.m_full += u'/';
        if (const Result<void> resource = appendResource(jid.m_full, text.sliced(slash + 1)); !resource)
            return std::unexpected(resource.error());
    }
    return jid;
}

QString Jid::local() const
{
    return m_localLength < 0 ? QString() : m_full.first(m_localLength);
}

QString Jid::domain() const
{
    return m_bare.sliced(m_localLength + 1);
}

QString Jid::resource() const
{
    return isBare() ? QString() : m_full.sliced(m_bare.size() + 1);
}

Jid Jid::toBare() const
{
    Jid jid = *this;
    jid.m_full = m_bare;
    return jid;
}

QString bareJid(QStringView text)
{
    const Result<Jid> jid = Jid::parse(text);
    return jid ? jid->bare() : QString();
}

} // namespace castellan
