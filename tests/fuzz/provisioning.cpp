// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/provisioning.h"

#include "fuzz.h"

using namespace castellan;
using namespace castellan::wire;

/// Payloads of XEP-0324.
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const Result<Element> element = Element::fromXml(bytesOf(data, size));
    if (!element)
        return 0;
    const Result<Provisioning> payload = readProvisioning(*element);
    if (!payload)
        return 0;
    const Result<Element> written = Element::fromXml(write(*payload).toXml());
    require(written.has_value(), "what is written is XML");
    const Result<Provisioning> again = readProvisioning(*written);
    require(again.has_value(), "what is written can be read");
    require(*again == *payload, "what is read again is the same");
    return 0;
}
