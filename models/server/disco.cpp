// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/disco.h"

#include "server/commands.h"

#include <QXmppDiscoveryIq.h>

#include <array>

using namespace Qt::StringLiterals;

namespace castellan::server {

static constexpr QLatin1StringView identityName { "Castellan" };
static constexpr QLatin1StringView nsCaps { "http://jabber.org/protocol/caps" };
static constexpr std::array features { nsCaps,    nsCommands,    wire::nsDiscoInfo,    wire::nsDiscoItems,
                                       nsVersion, wire::nsAdmin, wire::nsProvisioning, nsPing };

QByteArray capsHash(const DiscoIdentity &identity)
{
    QXmppDiscoveryIq::Identity ours;
    ours.setCategory(identity.category);
    ours.setType(identity.type);
    ours.setName(identityName);
    QXmppDiscoveryIq info;
    info.setIdentities({ ours });
    info.setFeatures(QStringList(features.cbegin(), features.cend()));
    return info.verificationString();
}

wire::Element capsElement(const DiscoIdentity &identity)
{
    wire::Element caps { .name = u"c"_s, .xmlns = nsCaps };
    caps.setAttribute("hash"_L1, u"sha-1"_s);
    caps.setAttribute("node"_L1, capsNode);
    caps.setAttribute("ver"_L1, QString::fromLatin1(capsHash(identity).toBase64()));
    return caps;
}

Result<wire::Element> discoInfo(const DiscoIdentity &identity, const wire::Element &query)
{
    wire::Element info { .name = u"query"_s, .xmlns = wire::nsDiscoInfo };
    if (const QString node = query.attribute("node"_L1); !node.isEmpty()) {
        if (node != u"%1#%2"_s.arg(capsNode, QString::fromLatin1(capsHash(identity).toBase64())))
            return fail(FailureKind::ItemNotFound, u"There is no node %1 here."_s.arg(node));
        info.setAttribute("node"_L1, node);
    }
    wire::Element element { .name = u"identity"_s, .xmlns = wire::nsDiscoInfo };
    element.setAttribute("category"_L1, identity.category);
    element.setAttribute("type"_L1, identity.type);
    element.setAttribute("name"_L1, identityName);
    info.children.append(element);
    for (QLatin1StringView feature : features) {
        wire::Element element { .name = u"feature"_s, .xmlns = wire::nsDiscoInfo };
        element.setAttribute("var"_L1, feature);
        info.children.append(element);
    }
    return info;
}

} // namespace castellan::server
