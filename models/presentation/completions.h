// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "presentation/rows.h"

namespace castellan::presentation {

/// What could be meant by what was typed so far, from what the network knows.
class Completions : public ListModel
{
    Q_OBJECT
    QML_ELEMENT
    /// "thing", "role", "domain", "field", "parameter" or "node".
    Q_PROPERTY(QString kind READ kind WRITE setKind NOTIFY kindChanged)
    /// Only what this thing has; "": what any has.
    Q_PROPERTY(QString of READ of WRITE setOf NOTIFY ofChanged)
    Q_PROPERTY(QString prefix READ prefix WRITE setPrefix NOTIFY prefixChanged)

public:
    enum Role {
        TextRole = Qt::UserRole, ///< what to fill in
        DetailRole, ///< the name behind a JID or a node id
    };
    Q_ENUM(Role)

    explicit Completions(QObject *parent = nullptr);

    [[nodiscard]] QString kind() const;
    void setKind(const QString &kind);
    [[nodiscard]] QString of() const { return m_query.of; }
    void setOf(const QString &jid);
    [[nodiscard]] QString prefix() const { return m_query.prefix; }
    void setPrefix(const QString &prefix);

Q_SIGNALS:
    void kindChanged();
    void ofChanged();
    void prefixChanged();

private:
    replica::WordQuery m_query;
    Rows<replica::WordRow> m_rows;
};

} // namespace castellan::presentation
