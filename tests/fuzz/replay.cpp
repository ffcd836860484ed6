// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz.h"

#include <QDirIterator>
#include <QFile>
#include <QFileInfo>

#include <algorithm>

/// Hands the files named on the command line, or in folders named there, to the target: whole, and cut off
/// at up to 64 places. For builds without libFuzzer.
int main(int argc, char *argv[])
{
    QStringList paths;
    for (int i = 1; i < argc; ++i) {
        const QString path = QString::fromLocal8Bit(argv[i]);
        if (!QFileInfo(path).isDir()) {
            paths.append(path);
            continue;
        }
        for (QDirIterator folder(path, QDir::Files); folder.hasNext();)
            paths.append(folder.next());
    }
    for (const QString &path : std::as_const(paths)) {
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly)) {
            std::fprintf(stderr, "%s: %s\n", qPrintable(path), qPrintable(file.errorString()));
            return 1;
        }
        const QByteArray bytes = file.readAll();
        std::printf("%s\n", qPrintable(path));
        std::fflush(stdout); // the last one named is the one that ended it
        const qsizetype step = std::max<qsizetype>(bytes.size() / 64, 1);
        for (qsizetype size = bytes.size(); size >= 0; size -= step)
            LLVMFuzzerTestOneInput(reinterpret_cast<const unsigned char *>(bytes.constData()), size_t(size));
    }
    return paths.isEmpty() ? 1 : 0; // without seeds nothing was tested
}
