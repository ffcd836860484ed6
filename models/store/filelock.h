// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFile>

namespace castellan::store {

/// Held by one process at a time, for as long as it lives: the system takes it back from a process that was
/// killed.
class FileLock
{
public:
    /// Makes \a path if it is not there, and waits a little for the process before this one to stop.
    explicit FileLock(const QString &path);

    [[nodiscard]] bool isHeld() const { return m_isHeld; }
    /// Why it is not held.
    [[nodiscard]] QString errorString() const;

private:
    QFile m_file;
    bool m_isHeld = false;
};

} // namespace castellan::store
