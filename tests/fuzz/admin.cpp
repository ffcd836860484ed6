// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/admin.h"

#include "fuzz.h"

using namespace castellan;
using namespace castellan::wire;

namespace {

template<typename Read>
void check(const Element &element, Read read)
{
    const auto payload = read(element);
    if (!payload)
        return;
    const Element written = admin::write(*payload);
    const Result<Element> parsed = written.name.isEmpty() ? written : Element::fromXml(written.toXml());
    require(parsed.has_value(), "what is written is XML");
    const auto again = read(*parsed);
    require(again.has_value(), "what is written can be read");
    require(*again == *payload, "what is read again is the same");
}

} // namespace

/// What administrators and the server say to each other.
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const Result<Element> element = Element::fromXml(bytesOf(data, size));
    if (!element)
        return 0;
    check(*element, [](const Element &payload) { return admin::readRequest(payload, false); });
    check(*element, [](const Element &payload) { return admin::readRequest(payload, true); });
    check(*element, admin::readResponse);
    check(*element, admin::readEvent);
    check(*element, admin::readConflicts);
    return 0;
}
