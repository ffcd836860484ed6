// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

#include <cstdio>
#include <cstdlib>

/// What a target does with one input. It finds a fault by not coming back.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/// Ends the program unless \a holds; \a what says what did not.
inline void require(bool holds, const char *what)
{
    if (holds)
        return;
    std::fprintf(stderr, "Does not hold: %s\n", what);
    std::abort();
}

inline QByteArray bytesOf(const unsigned char *data, size_t size)
{
    return { reinterpret_cast<const char *>(data), qsizetype(size) };
}
