// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/sensordata.h"

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
    const Result<Element> written = Element::fromXml(things::write(*payload).toXml());
    require(written.has_value(), "what is written is XML");
    const auto again = read(*written);
    require(again.has_value(), "what is written can be read");
    require(*again == *payload, "what is read again is the same");
}

/// Not all of it is kept: fractions of a second, types of values.
void checkValues(const Element &element)
{
    Element written = element;
    for (int i = 0; i < 2; ++i) {
        const Result<things::FieldValues> values = things::readFieldValues(written);
        require(values || i == 0, "what is written can be read");
        if (!values)
            return;
        written = things::write(*values);
    }
    const Result<things::FieldValues> again = things::readFieldValues(written);
    require(again && things::write(*again) == written, "what is written again is the same");
}

} // namespace

/// XEP-0323 and XEP-0325, between things.
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const Result<Element> element = Element::fromXml(bytesOf(data, size));
    if (!element)
        return 0;
    check(*element, things::readReadRequest);
    checkValues(*element);
    check(*element, things::readControlRequest);
    check(*element, things::readControlResponse);
    static_cast<void>(things::readFormRequest(*element));
    return 0;
}
