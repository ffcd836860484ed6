// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QVariantMap>

class QQuickWindow;

namespace castellan {

/// Does an administrator's main job in \a window with mouse and keyboard: the console's own test, and where
/// its pictures come from. Leaves pictures of every page and transcript.txt in \a folder. \a account holds
/// jid, password and connect. True if each step held.
[[nodiscard]] bool runTour(QQuickWindow &window, const QString &folder, const QVariantMap &account);

} // namespace castellan
