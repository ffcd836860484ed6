// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/snapshot.h"
#include "wire/admin.h"

namespace castellan::server {

/// What \a request's question is answered at \a now (UTC), and why; of verdicts and of rules elsewhere at
/// most \a rows each. `policy-violation` for a question about more than \a combinations of nodes, names and
/// types, `bad-request` for one that `explain` is not for. Safe on any thread.
[[nodiscard]] Result<wire::admin::Explained> explain(const rules::Snapshot &network,
                                                     const wire::admin::Explain &request,
                                                     const QDateTime &now, int rows, qint64 combinations);

} // namespace castellan::server
