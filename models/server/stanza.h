// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/jid.h"
#include "wire/element.h"

#include <QXmppStanza.h>

namespace castellan::server {

/// A stanza as this side of a Transport knows it: without the namespace of the stream it came by, which
/// differs between clients and components.
[[nodiscard]] wire::Element withoutStreamNamespace(wire::Element stanza);

/// A stanza without payload. What is empty is not written.
[[nodiscard]] wire::Element stanza(const QString &name, const QString &type, const QString &from,
                                   const QString &to, const QString &id = {});

/// Lets QXmpp send what we have written ourselves.
class RawStanza : public QXmppStanza
{
public:
    explicit RawStanza(const wire::Element &element);
    void parse(const QDomElement &) override { }
    void toXml(QXmlStreamWriter *writer) const override;

private:
    wire::Element m_element;
};

} // namespace castellan::server
