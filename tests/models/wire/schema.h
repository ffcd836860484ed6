// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArrayList>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>

/// What xmllint, which shares no code with ours, says of \a documents under \a schema (a file in
/// resources/schemas): empty when all are valid. Without xmllint nothing is valid.
inline QByteArray schemaFaults(const QString &schema, const QByteArrayList &documents)
{
    using namespace Qt::StringLiterals;
    const QTemporaryDir folder;
    QStringList arguments { u"--noout"_s, u"--nonet"_s, u"--schema"_s,
                            QStringLiteral(CASTELLAN_SOURCE_DIR "/resources/schemas/") + schema };
    for (qsizetype i = 0; i < documents.size(); ++i) {
        QFile file(folder.filePath(u"%1.xml"_s.arg(i)));
        if (!file.open(QIODevice::WriteOnly) || file.write(documents[i]) != documents[i].size())
            return file.errorString().toUtf8();
        arguments.append(file.fileName());
    }
    QProcess xmllint;
    xmllint.start(u"xmllint"_s, arguments);
    if (!xmllint.waitForFinished())
        return "xmllint: " + xmllint.errorString().toUtf8();
    QByteArray faults;
    qsizetype valid = 0;
    const QByteArrayList lines = xmllint.readAllStandardError().split('\n');
    for (const QByteArray &line : lines) {
        if (line.endsWith(" validates"))
            ++valid;
        else
            faults += line + '\n';
    }
    return valid == documents.size() ? QByteArray() : faults;
}
