// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/provisioning.h"

#include "wire/elementreader.h"

#include <algorithm>
#include <cmath>
#include <set>

using namespace Qt::StringLiterals;

namespace castellan::wire {

namespace {

constexpr qsizetype maxTokens = 32; ///< of one attribute
constexpr qsizetype maxTextLength = 2048; ///< characters of a name, id or token
constexpr qsizetype maxChallengeBytes = 4 * 1024;
constexpr qsizetype maxThumbprintBytes = 64;

enum class CredentialKind {
    Jid,
    IpAddress,
    Ip4,
    Ip6,
    HostName,
    Certificate,
    Thumbprint,
    UserName,
    Longitude,
    Latitude,
    Altitude,
    SsoToken,
    Protocol,
};
/// As the schema calls them.
constexpr std::array credentialElements {
    std::pair { CredentialKind::Jid, "jid"_L1 },
    std::pair { CredentialKind::Ip4, "ip4"_L1 },
    std::pair { CredentialKind::Ip6, "ip6"_L1 },
    std::pair { CredentialKind::HostName, "hostName"_L1 },
    std::pair { CredentialKind::Certificate, "x509Certificate"_L1 },
    std::pair { CredentialKind::Thumbprint, "x509CertificateThumbprint"_L1 },
    std::pair { CredentialKind::UserName, "userName"_L1 },
    std::pair { CredentialKind::Longitude, "longitude"_L1 },
    std::pair { CredentialKind::Latitude, "latitude"_L1 },
    std::pair { CredentialKind::Altitude, "altitude"_L1 },
    std::pair { CredentialKind::SsoToken, "sso"_L1 },
    std::pair { CredentialKind::Protocol, "protocol"_L1 },
};
/// What table 1 and listing 22 call them where the schema does not.
constexpr std::array otherCredentialTypes {
    std::pair { CredentialKind::IpAddress, "IpAddress"_L1 },
    std::pair { CredentialKind::SsoToken, "SsoToken"_L1 },
};
constexpr std::array protocolNames {
    "XMPP"_L1, "HTTP"_L1, "HTTPS"_L1, "TcpSocket"_L1, "UdpSocket"_L1, "Queue"_L1, "Internal"_L1, "Other"_L1,
};

/// `<credentials type=''/>` has no schema: case, spaces and dots (`X.509 Certificate`) are not counted.
std::optional<CredentialKind> credentialType(QString type)
{
    type.remove(u' ').remove(u'.');
    const auto isType = [&](const std::pair<CredentialKind, QLatin1StringView> &known) {
        return type.compare(known.second, Qt::CaseInsensitive) == 0;
    };
    if (const auto found = std::ranges::find_if(credentialElements, isType);
        found != credentialElements.end())
        return found->first;
    if (const auto found = std::ranges::find_if(otherCredentialTypes, isType);
        found != otherCredentialTypes.end())
        return found->first;
    return {};
}

/// An attribute that must be there, not empty and of a sensible size.
QString boundedText(ElementReader &reader, QLatin1StringView name)
{
    const QString text = reader.required(name);
    if (text.size() > maxTextLength)
        reader.badRequest(u"The attribute %1 of <%2/> is longer than the %3 characters allowed."_s.arg(
            name, reader.element().name, QString::number(maxTextLength)));
    return text;
}

/// Appends to a list what it does not have yet.
template<typename T>
class Distinct
{
public:
    explicit Distinct(QList<T> &list)
        : m_list(list)
    { }

    void append(const T &value)
    {
        if (m_list.size() < few) {
            if (m_list.contains(value))
                return;
        } else {
            if (m_seen.empty())
                m_seen.insert(m_list.cbegin(), m_list.cend());
            if (!m_seen.insert(value).second)
                return;
        }
        m_list.append(value);
    }

private:
    static constexpr qsizetype few = 16; ///< are looked through faster than a set of them is made
    QList<T> &m_list;
    std::set<T> m_seen;
};

/// Reads the attributes and children that several payloads share.
class Reader : public ElementReader
{
public:
    using ElementReader::ElementReader;

    [[nodiscard]] Jid jid()
    {
        const QString text = required("jid"_L1);
        if (failed())
            return {};
        const Result<Jid> parsed = Jid::parse(text);
        if (!parsed) {
            complain(parsed.error());
            return {};
        }
        return parsed->toBare(); // statement 1: the resource is ignored
    }

    /// Several tokens. Tokens contain no white space of any kind (statement 21).
    [[nodiscard]] QStringList tokens(QLatin1StringView name)
    {
        const QString text = optional(name);
        if (text.size() > maxTokens * maxTextLength)
            tooMany(u"tokens", maxTokens);
        if (failed() || text.isEmpty())
            return {};
        const QStringList tokens = text.simplified().split(u' ', Qt::SkipEmptyParts);
        if (tokens.size() > maxTokens)
            tooMany(u"tokens", maxTokens);
        return tokens;
    }
    [[nodiscard]] Tokens tokens()
    {
        return { tokens("serviceToken"_L1), tokens("userToken"_L1), tokens("deviceToken"_L1) };
    }
    /// Of an attribute that must be there; without any token in it, the answer is that of an unknown token.
    [[nodiscard]] QStringList requiredTokens(QLatin1StringView name)
    {
        if (!element().hasAttribute(name))
            badRequest(u"<%1/> needs the attribute %2."_s.arg(element().name, name));
        return tokens(name);
    }
    /// One token, as servers hand them out.
    [[nodiscard]] QString issuedToken(QLatin1StringView name)
    {
        const QString token = boundedText(*this, name);
        if (std::ranges::any_of(token, [](QChar c) { return c.isSpace(); }))
            badRequest(u"The attribute %1 of <%2/> contains white space."_s.arg(name, element().name));
        return token;
    }

    /// xs:int
    [[nodiscard]] qint32 sequenceNumber()
    {
        const QString text = required("seqnr"_L1);
        bool ok = false;
        const qint32 number = text.toInt(&ok);
        if (!ok)
            badRequest(
                u"The attribute seqnr of <%1/> is \"%2\" and should be a whole number of 32 bits."_s.arg(
                    element().name, text.first(std::min<qsizetype>(text.size(), 100))));
        return number;
    }

    /// The field types asked about, `all` and `historical` expanded; \a written: whether any attribute was
    /// there.
    [[nodiscard]] FieldTypes types(bool *written = nullptr)
    {
        FieldTypes types;
        bool any = false;
        for (const Element::Attribute &attribute : element().attributes) {
            const auto take = [&](QLatin1StringView name, FieldTypes meant) {
                if (attribute.name != name)
                    return;
                any = true;
                if (boolean(name))
                    types |= meant;
            };
            for (const auto &[type, name] : fieldTypeNames)
                take(name, type);
            take("historical"_L1, historicalFieldTypes);
            take("all"_L1, allFieldTypes);
        }
        if (written)
            *written = any;
        return types;
    }

    /// Reads the children: `node` into \a nodes, those called \a nameElement into \a names.
    void nodesAndNames(QList<NodeRef> &nodes, QLatin1StringView nameElement, QStringList &names)
    {
        // Asked twice is asked once: answers list each node and each name once.
        Distinct distinctNodes(nodes);
        Distinct<QString> distinctNames(names);
        qsizetype count = 0;
        children([&](ElementReader &child) {
            if (++count > maxChildren)
                return tooMany(u"children", maxChildren);
            const QString &kind = child.element().name;
            if (kind == "node"_L1) {
                const NodeRef node { boundedText(child, "nodeId"_L1), child.optional("sourceId"_L1),
                                     child.optional("cacheType"_L1) };
                if (std::max(node.sourceId.size(), node.cacheType.size()) > maxTextLength)
                    child.badRequest(u"A node of <%1/> has an attribute of more than %2 characters."_s.arg(
                        element().name, QString::number(maxTextLength)));
                distinctNodes.append(node);
            } else if (kind == nameElement) {
                distinctNames.append(boundedText(child, "name"_L1));
            } else {
                return false;
            }
            return true;
        });
    }

    /// Reads the children of canAccess.
    [[nodiscard]] Credentials credentials()
    {
        Credentials credentials;
        QList<double> longitudes;
        QList<double> latitudes;
        qsizetype count = 0;
        children([&](ElementReader &child) {
            if (++count > maxCredentials)
                return tooMany(u"credentials", maxCredentials);
            const QString &name = child.element().name;
            if (name == "credentials"_L1) {
                const QString type = boundedText(child, "type"_L1);
                const std::optional<CredentialKind> kind = credentialType(type);
                if (!kind)
                    child.badRequest(u"\"%1\" is not a type of credential."_s.arg(type));
                else
                    readCredential(child, *kind, "value"_L1, credentials, longitudes, latitudes);
                return true;
            }
            const auto known = std::ranges::find(credentialElements, name,
                                                 &std::pair<CredentialKind, QLatin1StringView>::second);
            if (known == credentialElements.end())
                return false;
            const bool binary = known->first == CredentialKind::Certificate
                || known->first == CredentialKind::Thumbprint;
            readCredential(child, known->first, binary ? "base64"_L1 : "value"_L1, credentials, longitudes,
                           latitudes);
            return true;
        });
        // A point is two elements: the first longitude belongs to the first latitude.
        for (qsizetype i = 0; i < std::min(longitudes.size(), latitudes.size()); ++i)
            credentials.locations.append({ latitudes[i], longitudes[i] });
        return credentials;
    }

    /// Reads the children of downloadPrivilegesResponse.
    [[nodiscard]] QList<PrivilegeEntry> privilegeEntries()
    {
        QList<PrivilegeEntry> entries;
        children([&](ElementReader &child) {
            const bool include = child.element().name == "include"_L1;
            if (!include && child.element().name != "exclude"_L1)
                return false;
            if (entries.size() == maxChildren)
                return tooMany(u"children", maxChildren);
            entries.append({ include, privilegeId(child, "id"_L1) });
            return true;
        });
        return entries;
    }

    [[nodiscard]] static QString privilegeId(ElementReader &reader, QLatin1StringView name)
    {
        const QString id = boundedText(reader, name);
        if (!isPrivilegeId(id))
            reader.badRequest(
                u"\"%1\" is not a Privilege ID; its parts are separated by single periods, none "
                "is empty or has white space at its ends."_s.arg(
                    id.first(std::min<qsizetype>(id.size(), 100))));
        return id;
    }

private:
    bool tooMany(QStringView what, qsizetype most)
    {
        badRequest(
            u"<%1/> has more than the %2 %3 allowed."_s.arg(element().name, QString::number(most), what));
        return true;
    }

    static void readCredential(ElementReader &reader, CredentialKind kind, QLatin1StringView attribute,
                               Credentials &credentials, QList<double> &longitudes, QList<double> &latitudes)
    {
        const auto number = [&](double most) {
            const double number = reader.requiredDecimal(attribute);
            if (std::abs(number) > most)
                reader.badRequest(u"%1 in <%2/> should be a number from -%3 to %3."_s.arg(
                    QString::number(number), reader.element().name, QString::number(most)));
            return number;
        };
        const auto text = [&] { return boundedText(reader, attribute); };
        const auto wrong = [&](const QString &text, QStringView what) {
            reader.badRequest(u"\"%1\" in <%2/> is not %3."_s.arg(text, reader.element().name, what));
        };

        switch (kind) {
        case CredentialKind::Jid: {
            const Result<Jid> jid = Jid::parse(text());
            if (!jid)
                return reader.complain(jid.error());
            credentials.jids.append(jid->bare());
            return;
        }
        case CredentialKind::IpAddress:
        case CredentialKind::Ip4:
        case CredentialKind::Ip6: {
            const QString written = text();
            const std::optional<IpAddress> address = IpAddress::parse(written);
            const bool ip6 = written.contains(u':');
            if (!address || (kind == CredentialKind::Ip4 && ip6) || (kind == CredentialKind::Ip6 && !ip6))
                return wrong(written,
                             kind == CredentialKind::Ip4       ? u"an IPv4 address"
                                 : kind == CredentialKind::Ip6 ? u"an IPv6 address"
                                                               : u"an IP address");
            credentials.addresses.append(*address);
            return;
        }
        case CredentialKind::HostName: {
            const QString written = text();
            const Result<Jid> host = Jid::parse(written);
            if (!host || !host->isDomain())
                return wrong(written, u"a host name");
            credentials.hostNames.append(host->full());
            return;
        }
        case CredentialKind::Certificate:
            credentials.certificates.append(reader.requiredBytes(attribute, maxCertificateBytes));
            return;
        case CredentialKind::Thumbprint:
            credentials.thumbprints.append(
                QString::fromLatin1(reader.requiredBytes(attribute, maxThumbprintBytes).toHex()));
            return;
        case CredentialKind::UserName:
            credentials.userNames.append(text());
            return;
        case CredentialKind::Longitude:
            longitudes.append(number(180));
            return;
        case CredentialKind::Latitude:
            latitudes.append(number(90));
            return;
        case CredentialKind::Altitude: // says nothing to any rule (statement 15)
            static_cast<void>(number(1e9));
            return;
        case CredentialKind::SsoToken:
            credentials.ssoTokens.append(text());
            return;
        case CredentialKind::Protocol: {
            const QString name = text();
            if (std::ranges::find(protocolNames, name) == protocolNames.end())
                return wrong(name, u"a protocol that the schema knows");
            credentials.protocols.append(name);
            return;
        }
        }
    }
};

// Names are QStrings that are there already: to make them would be half of what writing takes.

Element element(const QString &name)
{
    static const QString xmlns = nsProvisioning;
    return { .name = name, .xmlns = xmlns };
}

void add(Element &element, const QString &name, const QString &value)
{
    element.attributes.append({ name, value });
}

void setBoolean(Element &element, const QString &name, bool value)
{
    add(element, name, value ? u"true"_s : u"false"_s);
}

void writeNodes(Element &parent, const QList<NodeRef> &nodes)
{
    for (const NodeRef &node : nodes) {
        Element child = element(u"node"_s);
        add(child, u"nodeId"_s, node.nodeId);
        if (!node.sourceId.isEmpty())
            add(child, u"sourceId"_s, node.sourceId);
        if (!node.cacheType.isEmpty())
            add(child, u"cacheType"_s, node.cacheType);
        parent.children.append(child);
    }
}

void writeNames(Element &parent, const QString &nameElement, const QStringList &names)
{
    for (const QString &name : names) {
        Element child = element(nameElement);
        add(child, u"name"_s, name);
        parent.children.append(child);
    }
}

void writeTypes(Element &parent, FieldTypes types)
{
    // The shortest way to say it: as a client that asked for `all` or `historical` expects to read it.
    if (types == allFieldTypes) {
        setBoolean(parent, u"all"_s, true);
        return;
    }
    if ((types & historicalFieldTypes) == historicalFieldTypes) {
        setBoolean(parent, u"historical"_s, true);
        types &= ~historicalFieldTypes;
    }
    for (const auto &[type, name] : fieldTypeNames) {
        if (types.testFlag(type))
            setBoolean(parent, name, true);
    }
}

void writeTokens(Element &parent, const Tokens &tokens)
{
    const auto put = [&](const QString &name, const QStringList &values) {
        if (!values.isEmpty())
            add(parent, name, values.join(u' '));
    };
    put(u"serviceToken"_s, tokens.service);
    put(u"userToken"_s, tokens.user);
    put(u"deviceToken"_s, tokens.device);
}

void writeTokenList(Element &parent, const QString &name, const QStringList &tokens)
{
    add(parent, name, tokens.join(u' '));
}

QString base64(const QByteArray &bytes)
{
    return QString::fromLatin1(bytes.toBase64());
}

void writeCredentials(Element &parent, const Credentials &credentials)
{
    const auto put = [&](const QString &name, const QString &value, const QString &attribute = u"value"_s) {
        Element child = element(name);
        add(child, attribute, value);
        parent.children.append(child);
    };
    const auto putAll = [&](const QString &name, const QStringList &values) {
        for (const QString &value : values)
            put(name, value);
    };
    putAll(u"jid"_s, credentials.jids);
    for (const IpAddress &address : credentials.addresses)
        put(address.isIp4() ? u"ip4"_s : u"ip6"_s, address.text());
    putAll(u"hostName"_s, credentials.hostNames);
    for (const QByteArray &certificate : credentials.certificates)
        put(u"x509Certificate"_s, base64(certificate), u"base64"_s);
    for (const QString &thumbprint : credentials.thumbprints)
        put(u"x509CertificateThumbprint"_s, base64(QByteArray::fromHex(thumbprint.toLatin1())), u"base64"_s);
    putAll(u"userName"_s, credentials.userNames);
    for (const Location &location : credentials.locations) {
        put(u"longitude"_s, QString::number(location.longitude, 'g', QLocale::FloatingPointShortest));
        put(u"latitude"_s, QString::number(location.latitude, 'g', QLocale::FloatingPointShortest));
    }
    putAll(u"sso"_s, credentials.ssoTokens);
    putAll(u"protocol"_s, credentials.protocols);
}

struct Writer
{
    static Element binary(const QString &name, const QByteArray &bytes)
    {
        Element result = element(name);
        result.text = base64(bytes);
        return result;
    }
    static Element challenge(const QString &name, qint32 seqnr, const QByteArray &bytes)
    {
        Element result = binary(name, bytes);
        add(result, u"seqnr"_s, QString::number(seqnr));
        return result;
    }
    static Element withTokens(const QString &name, const QStringList &service, const QStringList &user)
    {
        Element result = element(name);
        writeTokenList(result, u"serviceToken"_s, service);
        writeTokenList(result, u"userToken"_s, user);
        return result;
    }

    static Element jidOnly(const QString &name, const Jid &jid)
    {
        Element result = element(name);
        add(result, u"jid"_s, jid.bare());
        return result;
    }

    Element operator()(const IsFriend &p) const { return jidOnly(u"isFriend"_s, p.jid); }
    Element operator()(const IsFriendResponse &p) const
    {
        Element result = jidOnly(u"isFriendResponse"_s, p.jid);
        setBoolean(result, u"result"_s, p.result);
        if (p.secondaryTrustAllowed)
            setBoolean(result, u"secondaryTrustAllowed"_s, true);
        return result;
    }
    Element operator()(const CanRead &p) const
    {
        Element result = jidOnly(u"canRead"_s, p.jid);
        writeTokens(result, p.tokens);
        if (p.typesWritten && !p.types)
            setBoolean(result, u"momentary"_s, false); // none; no attribute at all would mean all types
        else if (p.typesWritten)
            writeTypes(result, p.types);
        writeNodes(result, p.nodes);
        writeNames(result, u"field"_s, p.fields);
        return result;
    }
    Element operator()(const CanReadResponse &p) const
    {
        Element result = jidOnly(u"canReadResponse"_s, p.jid);
        writeTypes(result, p.types);
        setBoolean(result, u"result"_s, p.result);
        writeNodes(result, p.nodes);
        writeNames(result, u"field"_s, p.fields);
        return result;
    }
    Element operator()(const CanControl &p) const
    {
        Element result = jidOnly(u"canControl"_s, p.jid);
        writeTokens(result, p.tokens);
        writeNodes(result, p.nodes);
        writeNames(result, u"parameter"_s, p.parameters);
        return result;
    }
    Element operator()(const CanControlResponse &p) const
    {
        Element result = jidOnly(u"canControlResponse"_s, p.jid);
        setBoolean(result, u"result"_s, p.result);
        writeNodes(result, p.nodes);
        writeNames(result, u"parameter"_s, p.parameters);
        return result;
    }
    Element operator()(const ClearCache &) const { return element(u"clearCache"_s); }
    Element operator()(const ClearCacheResponse &) const { return element(u"clearCacheResponse"_s); }
    Element operator()(const Unfriend &p) const { return jidOnly(u"unfriend"_s, p.jid); }
    Element operator()(const Befriend &p) const { return jidOnly(u"friend"_s, p.jid); }
    Element operator()(const GetToken &p) const { return binary(u"getToken"_s, p.certificate); }
    Element operator()(const GetTokenChallenge &p) const
    {
        return challenge(u"getTokenChallenge"_s, p.seqnr, p.challenge);
    }
    Element operator()(const GetTokenChallengeResponse &p) const
    {
        return challenge(u"getTokenChallengeResponse"_s, p.seqnr, p.response);
    }
    Element operator()(const GetTokenResponse &p) const
    {
        Element result = element(u"getTokenResponse"_s);
        add(result, u"token"_s, p.token);
        return result;
    }
    Element operator()(const TokenChallenge &p) const
    {
        Element result = binary(u"tokenChallenge"_s, p.challenge);
        add(result, u"token"_s, p.token);
        return result;
    }
    Element operator()(const TokenChallengeResponse &p) const
    {
        return binary(u"tokenChallengeResponse"_s, p.response);
    }
    Element operator()(const CanAccess &p) const
    {
        Element result = element(u"canAccess"_s);
        writeTokenList(result, u"serviceToken"_s, p.serviceTokens);
        writeCredentials(result, p.credentials);
        return result;
    }
    Element operator()(const CanAccessResponse &p) const
    {
        Element result = element(u"canAccessResponse"_s);
        setBoolean(result, u"result"_s, p.result);
        if (!p.userToken.isEmpty())
            add(result, u"userToken"_s, p.userToken);
        return result;
    }
    Element operator()(const UserLoggedIn &p) const
    {
        Element result = withTokens(u"userLoggedIn"_s, p.serviceTokens, p.userTokens);
        add(result, u"userName"_s, p.userName);
        return result;
    }
    Element operator()(const HasPrivilege &p) const
    {
        Element result = withTokens(u"hasPrivilege"_s, p.serviceTokens, p.userTokens);
        add(result, u"privilegeId"_s, p.privilegeId);
        return result;
    }
    Element operator()(const HasPrivilegeResponse &p) const
    {
        Element result = element(u"hasPrivilegeResponse"_s);
        setBoolean(result, u"result"_s, p.result);
        return result;
    }
    Element operator()(const DownloadPrivileges &p) const
    {
        return withTokens(u"downloadPrivileges"_s, p.serviceTokens, p.userTokens);
    }
    Element operator()(const DownloadPrivilegesResponse &p) const
    {
        Element result = element(u"downloadPrivilegesResponse"_s);
        for (const PrivilegeEntry &entry : p.entries) {
            Element child = element(entry.include ? u"include"_s : u"exclude"_s);
            add(child, u"id"_s, entry.privilege);
            result.children.append(child);
        }
        return result;
    }
};

} // namespace

Result<Provisioning> readProvisioning(const Element &payload)
{
    if (payload.xmlns != nsProvisioning)
        return fail(FailureKind::FeatureNotImplemented,
                    u"<%1/> of %2 is not understood here."_s.arg(payload.name, payload.xmlns));

    Reader reader(payload);
    Provisioning result;
    const QString &name = payload.name;
    if (name == "isFriend"_L1) {
        result = IsFriend { reader.jid() };
    } else if (name == "isFriendResponse"_L1) {
        result = IsFriendResponse { reader.jid(), reader.requiredBoolean("result"_L1),
                                    reader.boolean("secondaryTrustAllowed"_L1) };
    } else if (name == "canRead"_L1) {
        CanRead question { .jid = reader.jid() };
        question.types = reader.types(&question.typesWritten);
        question.tokens = reader.tokens();
        reader.nodesAndNames(question.nodes, "field"_L1, question.fields);
        result = question;
    } else if (name == "canReadResponse"_L1) {
        CanReadResponse answer { .jid = reader.jid(), .result = reader.requiredBoolean("result"_L1) };
        answer.types = reader.types();
        reader.nodesAndNames(answer.nodes, "field"_L1, answer.fields);
        result = answer;
    } else if (name == "canControl"_L1) {
        CanControl question { .jid = reader.jid() };
        question.tokens = reader.tokens();
        reader.nodesAndNames(question.nodes, "parameter"_L1, question.parameters);
        result = question;
    } else if (name == "canControlResponse"_L1) {
        CanControlResponse answer { .jid = reader.jid(), .result = reader.requiredBoolean("result"_L1) };
        reader.nodesAndNames(answer.nodes, "parameter"_L1, answer.parameters);
        result = answer;
    } else if (name == "clearCache"_L1) {
        result = ClearCache {};
    } else if (name == "clearCacheResponse"_L1) {
        result = ClearCacheResponse {};
    } else if (name == "unfriend"_L1) {
        result = Unfriend { reader.jid() };
    } else if (name == "friend"_L1) {
        result = Befriend { reader.jid() };
    } else if (name == "getToken"_L1) {
        result = GetToken { reader.requiredBytes(maxCertificateBytes) };
    } else if (name == "getTokenChallenge"_L1) {
        result = GetTokenChallenge { reader.sequenceNumber(), reader.requiredBytes(maxChallengeBytes) };
    } else if (name == "getTokenChallengeResponse"_L1) {
        result = GetTokenChallengeResponse { reader.sequenceNumber(),
                                             reader.requiredBytes(maxChallengeBytes) };
    } else if (name == "getTokenResponse"_L1) {
        result = GetTokenResponse { reader.issuedToken("token"_L1) };
    } else if (name == "tokenChallenge"_L1) {
        result = TokenChallenge { boundedText(reader, "token"_L1), reader.requiredBytes(maxChallengeBytes) };
    } else if (name == "tokenChallengeResponse"_L1) {
        result = TokenChallengeResponse { reader.requiredBytes(maxChallengeBytes) };
    } else if (name == "canAccess"_L1) {
        result = CanAccess { reader.requiredTokens("serviceToken"_L1), reader.credentials() };
    } else if (name == "canAccessResponse"_L1) {
        CanAccessResponse answer { reader.requiredBoolean("result"_L1), {} };
        if (payload.hasAttribute("userToken"_L1))
            answer.userToken = reader.issuedToken("userToken"_L1);
        result = answer;
    } else if (name == "userLoggedIn"_L1) {
        result = UserLoggedIn { reader.requiredTokens("serviceToken"_L1),
                                reader.requiredTokens("userToken"_L1), boundedText(reader, "userName"_L1) };
    } else if (name == "hasPrivilege"_L1) {
        result = HasPrivilege { reader.requiredTokens("serviceToken"_L1),
                                reader.requiredTokens("userToken"_L1),
                                Reader::privilegeId(reader, "privilegeId"_L1) };
    } else if (name == "hasPrivilegeResponse"_L1) {
        result = HasPrivilegeResponse { reader.requiredBoolean("result"_L1) };
    } else if (name == "downloadPrivileges"_L1) {
        result = DownloadPrivileges { reader.requiredTokens("serviceToken"_L1),
                                      reader.requiredTokens("userToken"_L1) };
    } else if (name == "downloadPrivilegesResponse"_L1) {
        result = DownloadPrivilegesResponse { reader.privilegeEntries() };
    } else {
        return fail(FailureKind::BadRequest, u"%1 has no element <%2/>."_s.arg(nsProvisioning, name));
    }
    if (const auto failure = reader.finish())
        return std::unexpected(*failure);
    return result;
}

Element write(const Provisioning &payload)
{
    return std::visit(Writer(), payload);
}

} // namespace castellan::wire
