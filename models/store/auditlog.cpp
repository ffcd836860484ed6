// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/auditlog.h"

#include "store/connection.h"

#include <QCryptographicHash>

using namespace Qt::StringLiterals;

namespace castellan::store {

namespace {

/// \a columns: all but the hash, in the table's order.
QString chained(const QString &previous, const QVariantList &columns)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    const auto add = [&hash](const QString &column) {
        const QByteArray text = column.toUtf8();
        hash.addData(QByteArray::number(text.size()));
        hash.addData(":");
        hash.addData(text);
        hash.addData(",");
    };
    add(previous);
    for (const QVariant &column : columns)
        add(column.toString());
    return QString::fromLatin1(hash.result().toHex());
}

[[noreturn]] void raise(const QString &text)
{
    throw Abort { { FailureKind::InternalServerError, text } };
}

} // namespace

AuditLog::AuditLog(Connection &connection)
    : m_connection(connection)
{ }

void AuditLog::append(const AuditEntry &entry)
{
    if (!m_last) {
        Query last(m_connection,
                   u"SELECT (SELECT seq FROM sqlite_sequence WHERE name = 'audit'),"
                   " (SELECT hash FROM audit ORDER BY id DESC LIMIT 1)"_s);
        std::ignore = last.run().next();
        // Not the last entry's id: had that entry been taken away, the new one would fill the gap.
        m_last = Last { last.number(0), last.text(1) };
    }
    QVariantList columns { ++m_last->id,
                           entry.at.toMSecsSinceEpoch(),
                           Query::toVariant(entry.by),
                           Query::toVariant(entry.operation),
                           Query::toVariant(entry.objectType),
                           Query::toVariant(entry.objectId),
                           entry.revision,
                           Query::toVariant(entry.why),
                           Query::toVariant(entry.before),
                           Query::toVariant(entry.after),
                           Query::toVariant(entry.result) };
    m_last->hash = chained(m_last->hash, columns);
    columns.append(m_last->hash);
    Query(m_connection, u"INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"_s).runRow(columns);
}

qint64 AuditLog::verify() const
{
    constexpr int hashColumn = 11;
    qint64 count = 0;
    QString previous;
    Query entries(m_connection, u"SELECT * FROM audit ORDER BY id"_s);
    entries.run();
    while (entries.next()) {
        QVariantList columns;
        for (int i = 0; i < hashColumn; ++i)
            columns.append(entries.text(i));
        ++count;
        if (entries.number(0) != count) {
            raise(Connection::tr("The audit log was altered: entry %1 is missing.", "%1 is a number")
                      .arg(count));
        }
        if (entries.text(hashColumn) != chained(previous, columns)) {
            raise(Connection::tr("The audit log was altered: entry %1 is not what was written.",
                                 "%1 is a number")
                      .arg(count));
        }
        previous = entries.text(hashColumn);
    }
    Query written(m_connection, u"SELECT seq FROM sqlite_sequence WHERE name = 'audit'"_s);
    if (written.run().next() && written.number(0) != count) {
        raise(Connection::tr("The audit log was altered: entry %1 is missing.", "%1 is a number")
                  .arg(count + 1));
    }
    return count;
}

} // namespace castellan::store
