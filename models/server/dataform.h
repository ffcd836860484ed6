// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "wire/element.h"

#include <QHash>
#include <QStringList>

namespace castellan::server {

inline constexpr QLatin1StringView nsDataForms { "jabber:x:data" };

/// A data form (XEP-0004), as far as commands need them: one that asks, or a result with or without a table.
struct DataForm
{
    struct Option
    {
        QString label;
        QString value;
    };
    struct Field
    {
        enum class Type {
            Fixed, ///< says something
            Jid,
            Text,
            List, ///< one of `options`
            Boolean,
        };
        QString name {}; ///< `var`
        Type type = Type::Text;
        QString label {};
        QStringList values {};
        QList<Option> options {};
        bool isRequired = false;
    };
    struct Column
    {
        QString name;
        QString label;
        Field::Type type = Field::Type::Text;
    };

    bool isResult = false;
    QString title; ///< never empty: clients show it above the form
    QString instructions {};
    QList<Field> fields {};
    QList<Column> columns {}; ///< `<reported/>`
    QList<QStringList> rows {}; ///< a value for each column, in their order

    [[nodiscard]] wire::Element write() const;
};

/// What was filled in, by the fields' names.
using FormValues = QHash<QString, QString>;
/// Reads a form of type submit; of several values of a field only the first. `bad-request` for what is none.
[[nodiscard]] Result<FormValues> readSubmitted(const wire::Element &form);

} // namespace castellan::server
