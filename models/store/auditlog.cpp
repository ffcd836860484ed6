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

} // namespace

AuditLog::AuditLog(Connection &connection)
    : m_connection(connection)
{ }

void AuditLog::append(const AuditEntry &entry)
{
    if (!m_last) {
        // Not the last entry: had that been taken away, the new one would fill the gap.
        Query head(m_connection, u"SELECT id, at, hash FROM audit_head"_s);
        std::ignore = head.run().next();
        m_last = Last { head.number(0), head.number(1), head.text(2) };
    }
    m_last->at = std::max(m_last->at, entry.at.toMSecsSinceEpoch());
    QVariantList columns { ++m_last->id,
                           m_last->at,
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
    m_last->isWritten = false;
    columns.append(m_last->hash);
    Query(m_connection, u"INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"_s).runRow(columns);
}

void AuditLog::finish()
{
    if (!m_last || m_last->isWritten)
        return;
    Query(m_connection, u"UPDATE audit_head SET id = ?, at = ?, hash = ?"_s)
        .run(m_last->id, m_last->at, m_last->hash);
    m_last->isWritten = true;
}

bool AuditLog::verify(AuditCheck &check, int count) const
{
    const auto broken = [&check](qint64 id, const QString &why) {
        check.firstBroken = id;
        check.why = why.arg(id);
        return false;
    };
    const auto missing = Connection::tr("The audit log was altered: entry %1 is missing.", "%1 is a number");
    const auto changed = Connection::tr("The audit log was altered: entry %1 is not what was written.",
                                        "%1 is a number");
    constexpr int hashColumn = 11;
    const qint64 end = check.entries + count;
    Query entries(m_connection, u"SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ?"_s);
    entries.run(check.entries, count);
    while (entries.next()) {
        const qint64 id = check.entries + 1;
        if (entries.number(0) != id)
            return broken(id, missing);
        QVariantList columns;
        for (int i = 0; i < hashColumn; ++i)
            columns.append(entries.text(i));
        if (entries.text(hashColumn) != chained(check.head, columns))
            return broken(id, changed);
        check.entries = id;
        check.head = entries.text(hashColumn);
    }
    if (check.entries == end)
        return true;
    Query head(m_connection, u"SELECT id, hash FROM audit_head"_s);
    if (!head.run().next() || head.number(0) != check.entries)
        return broken(check.entries + 1, missing);
    if (head.text(1) != check.head)
        return broken(check.entries, changed);
    return false;
}

} // namespace castellan::store
