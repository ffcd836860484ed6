// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/location.h"

#include <QCoreApplication>
#include <QUrl>

using namespace Qt::StringLiterals;

namespace castellan::store {

static QString tr(const char *text, const char *disambiguation = nullptr)
{
    return QCoreApplication::translate("castellan::Store", text, disambiguation);
}

QString Location::name() const
{
    if (kind == Kind::Sqlite)
        return path;
    QUrl url;
    url.setScheme(u"postgres"_s);
    url.setUserName(user);
    url.setHost(host);
    url.setPort(port);
    url.setPath(u'/' + database);
    return url.toString();
}

Result<Location> Location::parse(const QString &text)
{
    constexpr auto sqlite = "sqlite:"_L1;
    if (text.startsWith(sqlite) && text.size() > sqlite.size())
        return Location { .kind = Kind::Sqlite, .path = text.sliced(sqlite.size()) };
    const QUrl url(text, QUrl::StrictMode);
    if (!url.isValid() || (url.scheme() != "postgres"_L1 && url.scheme() != "postgresql"_L1)
        || url.path().size() < 2 || url.hasQuery() || url.hasFragment()) {
        return fail(FailureKind::BadRequest,
                    tr("“%1” does not name a database. Write sqlite:FILE, or "
                       "postgres://USER@HOST:PORT/DATABASE.",
                       "%1 is what the user wrote")
                        .arg(text));
    }
    if (!url.password().isEmpty()) {
        return fail(FailureKind::BadRequest,
                    tr("A password in the database's URL can be read by every user of this machine. Put it "
                       "into PGPASSWORD or ~/.pgpass."));
    }
    return Location { .kind = Kind::Postgres,
                      .user = url.userName(QUrl::FullyDecoded),
                      .host = url.host(QUrl::FullyDecoded),
                      .port = url.port(),
                      .database = url.path(QUrl::FullyDecoded).sliced(1) };
}

} // namespace castellan::store
