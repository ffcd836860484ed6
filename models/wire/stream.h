// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "wire/element.h"

#include <QByteArray>

#include <memory>
#include <optional>

namespace castellan::wire {

/// Reads an XMPP stream as it arrives, in pieces cut anywhere, with expat and the limits that a server needs.
/// Neither QXmpp, which has no component stream and reads its buffer again at every piece, nor
/// QXmlStreamReader, which takes longer over a stanza than deciding it and answering it together, would do.
class StreamParser
{
public:
    /// What a stanza may make us hold and compute. What is more is refused alone, without being kept: others
    /// share this stream with whoever sent it. Enforced as the bytes come, whatever the pieces.
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

    /// A stanza that exceeded the limits.
    struct Refused
    {
        Element stanza; ///< its opening tag; without a name if that was the excess
        Failure failure; ///< policy-violation
    };
    struct Output
    {
        std::optional<Element> header; ///< the stream's opening tag, without children, once
        QList<Element> stanzas;
        QList<Refused> refused;
        bool closed = false; ///< `</stream:stream>` came
        /// Where the last complete header, stanza or white space between them ended, in bytes since the
        /// stream began.
        qsizetype completeTo = 0;
    };

    /// Takes the next bytes. Fails with policy-violation (comments, processing instructions, DTDs, RFC 6120
    /// §11.1; an opening tag of the stream beyond the limits; a stanza far beyond them) or bad-request (not
    /// well-formed, not UTF-8). A failure is final: every later call answers it again; close the stream.
    [[nodiscard]] Result<Output> feed(const QByteArray &bytes);

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace castellan::wire
