// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "wire/element.h"

#include <QByteArray>

#include <memory>
#include <optional>

namespace castellan::wire {

/// Reads an XMPP stream as it arrives, in pieces cut anywhere, each byte once. QXmpp has no component
/// stream and reads its buffer again at every piece; hence ours.
class StreamParser
{
public:
    struct Limits
    {
        qsizetype stanzaBytes = 1 << 20; ///< more: policy-violation, the stream cannot go on
        int depth = 64;
        int attributes = 64; ///< of one element
    };

    StreamParser();
    explicit StreamParser(Limits limits);
    ~StreamParser();
    StreamParser(const StreamParser &) = delete;
    StreamParser &operator=(const StreamParser &) = delete;

    struct Output
    {
        std::optional<Element> header; ///< the stream's opening tag, without children, once
        QList<Element> stanzas;
        bool closed = false; ///< `</stream:stream>` came
    };

    /// Takes the next bytes. A failure is final: close the stream.
    [[nodiscard]] Result<Output> feed(const QByteArray &bytes);

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace castellan::wire
