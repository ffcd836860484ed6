// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz.h"
#include "server/serveroptions.h"

#include <QCoreApplication>
#include <QProcessEnvironment>
#include <QTemporaryFile>

using namespace castellan;
using namespace Qt::StringLiterals;

/// The file of --config.
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static int argc = 1;
    static char name[] = "fuzz_options";
    static char *argv[] = { name, nullptr };
    static const QCoreApplication application(argc, argv); // for QCommandLineParser

    // A new file each time: QSettings takes one of the same name, size and age for the one it knows.
    QTemporaryFile file;
    require(file.open(), "there is room for a file");
    file.write(bytesOf(data, size));
    file.close();
    const auto options = server::readServerOptions({ u"castellan-server"_s, u"--config"_s, file.fileName() },
                                                   QProcessEnvironment());
    if (const auto *complete = std::get_if<server::ServerOptions>(&options))
        require(!complete->jid.isEmpty(), "complete options name the server");
    else
        require(!std::get<server::Answer>(options).text.isEmpty(), "a refusal says why");
    return 0;
}
