// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/stream.h"

#include "fuzz.h"

using namespace castellan;
using namespace castellan::wire;

namespace {

struct Whole
{
    std::optional<Element> header;
    QList<Element> stanzas;
    QList<Element> refused;
    bool closed = false;
    bool failed = false;
    qsizetype completeTo = 0;

    friend bool operator==(const Whole &, const Whole &) = default;
};

Whole parse(const QByteArray &stream, const StreamParser::Limits &limits, qsizetype piece)
{
    StreamParser parser(limits);
    Whole whole;
    for (qsizetype at = 0; at < stream.size(); at += piece) {
        const Result<StreamParser::Output> output = parser.feed(stream.mid(at, piece));
        if (!output) {
            whole = {};
            whole.failed = true; // what came before may have been handed over or not
            break;
        }
        if (output->header)
            whole.header = output->header;
        whole.stanzas += output->stanzas;
        for (const StreamParser::Refused &refused : output->refused)
            whole.refused += refused.stanza;
        whole.closed = whole.closed || output->closed;
        whole.completeTo = output->completeTo;
    }
    return whole;
}

} // namespace

/// The stream that a component reads. The first byte says how it is cut and limited.
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (size == 0)
        return 0;
    const unsigned char how = data[0];
    const QByteArray stream = bytesOf(data + 1, size - 1);
    const StreamParser::Limits small { .stanzaBytes = 100, .elements = 5, .depth = 3, .attributes = 3 };
    const StreamParser::Limits limits = how & 1 ? small : StreamParser::Limits();

    const Whole whole = parse(stream, limits, stream.size() + 1);
    require(whole == parse(stream, limits, 1), "byte by byte it is the same");
    require(whole == parse(stream, limits, 2 + how % 64), "in pieces it is the same");
    for (const Element &stanza : whole.stanzas) {
        // Apart from <xml:…/>, which nobody uses: its namespace must not be declared.
        require(stream.contains("<xml:") || Element::fromXml(stanza.toXml()), "what is read can be written");
    }

    // QXmlStreamReader shares no code with it and knows all XML, not only what XMPP leaves of it.
    // It passes over every U+FEFF, where only the first can be a byte order mark.
    if (whole.failed || !whole.closed || !whole.refused.isEmpty() || stream.contains("\xef\xbb\xbf"))
        return 0;
    const Result<Element> reference = Element::fromXml(stream.first(whole.completeTo));
    require(reference && reference->children == whole.stanzas, "QXmlStreamReader reads the same");
    return 0;
}
