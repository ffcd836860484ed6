// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/filelock.h"

#include <QDeadlineTimer>

#include <sys/file.h>

#include <chrono>
#include <thread>

namespace castellan::store {

FileLock::FileLock(const QString &path)
    : m_file(path)
{
    // Not QLockFile: what it finds left behind it cannot tell from its own, when a container gives every
    // process the same number.
    if (!m_file.open(QIODevice::ReadWrite, QFile::ReadOwner | QFile::WriteOwner))
        return;
    using namespace std::chrono_literals;
    const QDeadlineTimer patience(2s);
    do {
        m_isHeld = flock(m_file.handle(), LOCK_EX | LOCK_NB) == 0;
        if (!m_isHeld)
            std::this_thread::sleep_for(50ms);
    } while (!m_isHeld && !patience.hasExpired());
}

QString FileLock::errorString() const
{
    return m_file.isOpen() ? QStringLiteral("its lock is %1").arg(m_file.fileName()) : m_file.errorString();
}

} // namespace castellan::store
