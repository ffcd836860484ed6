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
    /// What a peer may make us hold and compute; more is a policy-violation. Enforced byte by byte, so it
    /// does not depend on the pieces and nothing grows beyond it first.
    struct Limits
    {
        qsizetype stanzaBytes = 1 << 20; ///< of one stanza, or of the stream's opening tag
        int elements = 1 << 16; ///< of one stanza, itself included
        int depth = Element::maxDepth; ///< of one stanza: 1 is a stanza without children
        int attributes = 64; ///< of one element, namespace declarations included
    };

    StreamParser();
    explicit StreamParser(const Limits &limits);
    ~StreamParser();
    StreamParser(const StreamParser &) = delete;
    StreamParser &operator=(const StreamParser &) = delete;

    struct Output
    {
        std::optional<Element> header; ///< the stream's opening tag, without children, once
        QList<Element> stanzas;
        bool closed = false; ///< `</stream:stream>` came
    };

    /// Takes the next bytes. Fails with policy-violation (limits; comments, processing instructions, DTDs,
    /// RFC 6120 §11.1) or bad-request (not well-formed, not UTF-8). A failure is final: every later call
    /// answers it again; close the stream.
    [[nodiscard]] Result<Output> feed(const QByteArray &bytes);

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace castellan::wire
