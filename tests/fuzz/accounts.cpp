// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz.h"
#include "server/embeddedtransport.h"

#include <QTemporaryFile>

using namespace castellan;

/// The file of --accounts.
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    QTemporaryFile file;
    require(file.open(), "there is room for a file");
    file.write(bytesOf(data, size));
    file.close();
    const Jid domain = Jid::parse(u"localhost").value();
    const Result<server::Accounts> accounts = server::readAccounts(file.fileName(), domain);
    if (!accounts)
        return 0;
    for (const QString &account : accounts->keys()) {
        const Result<Jid> jid = Jid::parse(account);
        require(jid && jid->full() == account && jid->domain() == domain.domain(),
                "an account is a JID here");
    }
    return 0;
}
