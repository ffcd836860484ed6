// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/network.h"

#include <QByteArray>
#include <QIODevice>
#include <QJsonObject>

#include <memory>
#include <optional>

namespace castellan {

/// Reads the JSON document of a network, as resources/schemas/network.schema.json describes it, piece by
/// piece: it can be larger than the memory. By simdjson, because Qt's JSON takes several times as long and
/// the memory of the whole document.
class NetworkReader
{
public:
    /// \a device: open, outlives the reader.
    explicit NetworkReader(QIODevice &device);
    ~NetworkReader();
    Q_DISABLE_COPY_MOVE(NetworkReader)

    /// The next objects, normalised, in the order of the document, some thousands; none: that was all of it.
    /// That ids are unique is the caller's to find out. Errors name the place as a JSON pointer
    /// (`/accessRules/3/subject/kind`); nothing follows one. The member `fleet` belongs to castellan-thing
    /// and is passed over; any other unknown member is an error.
    [[nodiscard]] Result<QList<Object>> next();
    /// The SHA-256 of what was read; of the document, when all of it was.
    [[nodiscard]] QByteArray digest() const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

/// Writes such a document piece by piece, with one object on each line.
class NetworkWriter
{
public:
    /// \a device: open, outlives the writer.
    explicit NetworkWriter(QIODevice &device);

    /// Objects of one type follow each other, rules in order.
    void write(const Object &object);
    /// Fails with `resource-constraint` if anything could not be written.
    [[nodiscard]] Result<void> finish();

private:
    void write(const QByteArray &json);

    QIODevice &m_device;
    std::optional<ObjectType> m_list; ///< the one that is open
    bool m_failed = false;
};

[[nodiscard]] QByteArray networkToJson(const Network &network);
/// Also refuses an id that is there twice.
[[nodiscard]] Result<Network> networkFromJson(const QByteArray &json);

/// One object as it stands in its array of the document.
[[nodiscard]] QJsonObject objectToJson(const Object &object);
/// Reads and normalises one object, as NetworkReader does.
[[nodiscard]] Result<Object> objectFromJson(ObjectType type, const QByteArray &json);

} // namespace castellan
