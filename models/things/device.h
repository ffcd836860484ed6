// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "things/sensordata.h"

#include <QHash>

namespace castellan::things {

/// What a simulated thing measures and what can be set on it: believable values for its inventory.
class Device
{
public:
    explicit Device(const Thing &thing);

    /// The nodes that \a wanted names. One without a source stands for those of every source (XEP-0324
    /// §5.5); an empty list stands for all nodes and the device itself.
    [[nodiscard]] QList<NodeRef> find(const QList<NodeRef> &wanted) const;

    /// The values of \a names (empty: all) in \a types, as of \a now. Historical types give the last
    /// complete period.
    [[nodiscard]] QList<FieldValue> read(const QList<NodeRef> &nodes, const QStringList &names,
                                         FieldTypes types, const QDateTime &now) const;

    [[nodiscard]] bool hasParameter(const NodeRef &node, const QString &name) const;
    /// The parameters that all of \a nodes have.
    [[nodiscard]] QStringList commonParameters(const QList<NodeRef> &nodes) const;
    /// Empty until it was set.
    [[nodiscard]] QString parameter(const NodeRef &node, const QString &name) const;
    void setParameter(const NodeRef &node, const QString &name, const QString &value);

private:
    [[nodiscard]] const Node *node(const NodeRef &ref) const;

    QString m_jid;
    QList<Node> m_nodes;
    QHash<std::pair<QString, QString>, QString> m_set; ///< by node and parameter
};

/// Whether \a node is among \a allowed, where an empty list allows all and an attribute that is not
/// given matches any.
[[nodiscard]] bool matches(const QList<NodeRef> &allowed, const NodeRef &node);

} // namespace castellan::things
