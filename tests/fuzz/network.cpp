// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz.h"
#include "things/behaviour.h"
#include "vocabulary/networkjson.h"

using namespace castellan;

/// The document that --import takes, and its part about the simulated fleet.
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const QByteArray json = bytesOf(data, size);
    const Result<Network> network = networkFromJson(json);
    if (!network)
        return 0;
    const Result<Network> again = networkFromJson(networkToJson(*network));
    require(again.has_value(), "what is written can be read");
    require(*again == *network, "what is read again is the same");
    static_cast<void>(things::behavioursFromJson(json, *network));
    return 0;
}
