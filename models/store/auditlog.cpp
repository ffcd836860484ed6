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

qint64 AuditLog::size() const
{
    Query head(m_connection, u"SELECT id FROM audit_head"_s);
    return head.run().next() ? head.number(0) : 0;
}

qint64 AuditLog::firstSince(const QDateTime &time) const
{
    // Times grow with ids, so that they need no index.
    Query at(m_connection, u"SELECT at FROM audit WHERE id >= ? ORDER BY id LIMIT 1"_s);
    qint64 first = 1;
    qint64 end = size() + 1;
    while (first < end) {
        const qint64 middle = first + (end - first) / 2;
        if (at.run(middle).next() && at.number(0) < time.toMSecsSinceEpoch())
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

Result<Store::AuditPage> AuditLog::history(const AuditFilter &filter, const Window &window) const
{
    // Most entries are of deliveries: the indexes know only the others (schema.cpp).
    const QString notDelivery = u"object_type <> 'delivery'"_s;
    QStringList conditions;
    QVariantList values;
    if (filter.object) {
        conditions << u"object_type = ?"_s << u"object_id = ?"_s << notDelivery;
        values << QString(objectTypeName(filter.object->type)) << Query::toVariant(filter.object->id);
    }
    if (!filter.by.isEmpty()) {
        conditions << m_connection.bare(u"by"_s) + u" = ?"_s << notDelivery;
        values << Query::toVariant(filter.by);
    }
    if (!filter.operation.isEmpty()) {
        conditions << u"operation = ?"_s;
        values << Query::toVariant(filter.operation);
    }
    if (filter.from.isValid()) {
        conditions << u"id >= ?"_s;
        values << firstSince(filter.from);
    }
    if (filter.until.isValid()) {
        conditions << u"id < ?"_s;
        values << firstSince(filter.until);
    }
    const auto where = [&conditions] {
        return conditions.isEmpty() ? QString() : u" WHERE "_s + conditions.join(" AND "_L1);
    };
    Store::AuditPage page;
    const bool isBackwards = window.before.has_value();
    const QString position = isBackwards ? *window.before : window.after;
    if (position.isEmpty()) {
        if (conditions.isEmpty()) {
            page.count = int(size());
        } else {
            Query count(m_connection, u"SELECT count(*) FROM audit"_s + where());
            if (count.runRow(values).next())
                page.count = int(count.number(0));
        }
    } else {
        bool isNumber = false;
        values << position.toLongLong(&isNumber);
        if (!isNumber) {
            return fail(FailureKind::BadRequest,
                        Connection::tr("There is no page next to “%1”. Start with the first one.",
                                       "%1 came from the client")
                            .arg(position));
        }
        conditions << (isBackwards ? u"id < ?"_s : u"id > ?"_s);
    }
    const int max = std::max(0, window.max);
    values << max + 1;
    Query query(m_connection,
                u"SELECT id, at, by, operation, object_type, object_id, revision, why, before, after, result,"
                " hash FROM audit"_s
                    + where() + (isBackwards ? u" ORDER BY id DESC LIMIT ?"_s : u" ORDER BY id LIMIT ?"_s));
    query.runRow(values);
    page.complete = true;
    while (query.next()) {
        if (page.entries.size() == max) {
            page.complete = false;
            break;
        }
        page.entries.append({ .id = query.number(0),
                              .at = query.time(1),
                              .by = query.text(2),
                              .operation = query.text(3),
                              .objectType = query.text(4),
                              .objectId = query.text(5),
                              .revision = query.number(6),
                              .why = query.text(7),
                              .before = query.text(8),
                              .after = query.text(9),
                              .result = query.text(10),
                              .hash = query.text(11) });
    }
    if (isBackwards)
        std::ranges::reverse(page.entries);
    if (!page.entries.isEmpty()) {
        page.first = QString::number(page.entries.first().id);
        page.last = QString::number(page.entries.last().id);
    }
    return page;
}

} // namespace castellan::store
