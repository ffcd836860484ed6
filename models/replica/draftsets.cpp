// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/draftsets.h"

#include "replica/database.h"

#include <algorithm>

namespace castellan::replica {

using namespace Qt::StringLiterals;

namespace {

Result<void> execute(Database &database, const QString &sql, const QVariantList &values)
{
    return database.run(sql, values).transform([](auto) { });
}

QVariant toSql(const std::optional<wire::admin::Apply> &push)
{
    return push ? QVariant(wire::admin::write(*push).toXml()) : QVariant();
}

Result<std::optional<wire::admin::Apply>> pushFromSql(const Cell &cell)
{
    if (cell.isNull())
        return std::nullopt;
    return wire::Element::fromXml(cell.toByteArray())
        .and_then([](const wire::Element &element) { return wire::admin::readRequest(element, true); })
        .transform([](const wire::admin::Request &request) {
            return std::optional(std::get<wire::admin::Apply>(request));
        });
}

Result<void> insertStep(Database &database, qint64 set, qsizetype number, const DraftStep &step)
{
    return execute(database, u"INSERT INTO draft_set_steps VALUES (?, ?, ?)"_s,
                   { set, number, step.toXml() });
}

Result<void> removeSteps(Database &database, qint64 set)
{
    return execute(database, u"DELETE FROM draft_set_steps WHERE draft = ?"_s, { set });
}

} // namespace

Result<StoredSets> readSets(Database &database)
{
    StoredSets all;
    auto query = database.run(u"SELECT id, name, position, push FROM draft_sets ORDER BY id"_s);
    if (!query)
        return std::unexpected(query.error());
    while ((*query)->next()) {
        auto push = pushFromSql((*query)->value(3));
        if (!push)
            return std::unexpected(push.error());
        all.sets.append({ .id = (*query)->value(0).toLongLong(),
                          .name = (*query)->value(1).toString(),
                          .position = (*query)->value(2).toLongLong(),
                          .push = std::move(*push) });
    }
    for (StoredSet &set : all.sets) {
        auto steps = database.run(u"SELECT step FROM draft_set_steps WHERE draft = ? ORDER BY number"_s,
                                  { set.id });
        if (!steps)
            return std::unexpected(steps.error());
        while ((*steps)->next()) {
            auto step = DraftStep::fromXml((*steps)->value(0).toByteArray());
            if (!step)
                return std::unexpected(step.error());
            set.steps.append(std::move(*step));
        }
        set.position = std::min(set.position, set.steps.size());
    }
    const auto current = database.value(u"SELECT value FROM meta WHERE name = 'draftSet'"_s);
    if (!current)
        return std::unexpected(current.error());
    all.current = current->toLongLong();
    if (!std::ranges::contains(all.sets, all.current, &StoredSet::id))
        all.current = all.sets.first().id;
    return all;
}

Result<void> saveSet(Database &database, const StoredSet &set)
{
    return database.atomically([&]() -> Result<void> {
        auto saved = execute(database, u"INSERT INTO draft_sets VALUES (?, ?, ?, ?)"_s,
                             { set.id, set.name.isNull() ? u""_s : set.name, set.position, toSql(set.push) });
        for (qsizetype i = 0; saved && i < set.steps.size(); ++i)
            saved = insertStep(database, set.id, i, set.steps.at(i));
        return saved;
    });
}

Result<void> saveName(Database &database, qint64 set, const QString &name)
{
    return execute(database, u"UPDATE draft_sets SET name = ? WHERE id = ?"_s,
                   { name.isNull() ? u""_s : name, set });
}

Result<void> saveCurrent(Database &database, qint64 set)
{
    return execute(database, u"INSERT OR REPLACE INTO meta VALUES ('draftSet', ?)"_s, { set });
}

Result<void> saveSteps(Database &database, const QList<SetStep> &steps)
{
    return database.atomically([&] {
        Result<void> saved;
        for (const SetStep &step : steps) {
            saved = saved
                        .and_then([&] {
                            return execute(database,
                                           u"DELETE FROM draft_set_steps WHERE draft = ? AND number >= ?"_s,
                                           { step.set, step.position });
                        })
                        .and_then([&] { return insertStep(database, step.set, step.position, step.step); })
                        .and_then([&] { return savePosition(database, step.set, step.position + 1); });
        }
        return saved;
    });
}

Result<void> savePosition(Database &database, qint64 set, qsizetype position)
{
    return execute(database, u"UPDATE draft_sets SET position = ? WHERE id = ?"_s, { position, set });
}

Result<void> savePush(Database &database, qint64 set, const std::optional<wire::admin::Apply> &push)
{
    return execute(database, u"UPDATE draft_sets SET push = ? WHERE id = ?"_s, { toSql(push), set });
}

Result<void> clearSet(Database &database, qint64 set)
{
    return database.atomically([&] {
        return removeSteps(database, set)
            .and_then([&] { return savePosition(database, set, 0); })
            .and_then([&] { return savePush(database, set, {}); });
    });
}

Result<void> removeSet(Database &database, qint64 set)
{
    return database.atomically([&] {
        return removeSteps(database, set).and_then([&] {
            return execute(database, u"DELETE FROM draft_sets WHERE id = ?"_s, { set });
        });
    });
}

} // namespace castellan::replica
