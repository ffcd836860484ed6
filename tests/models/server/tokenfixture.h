// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "servicefixture.h"
#include "things/keypair.h"
#include "wire/admin.h"

#include <QCryptographicHash>
#include <QUuid>

namespace castellan::server {

using things::KeyPair;
using namespace Qt::StringLiterals;
namespace admin = wire::admin;

inline const QByteArray console = "admin@example.org/console";
inline const QByteArray portal = "service@example.org/s";
inline const QByteArray meter = "meter@example.org/m";
inline const QByteArray other = "other@example.org/o";
inline const QString serviceId = u"service@example.org"_s;

/// Somebody with a certificate.
struct Holder
{
    explicit Holder(const QDateTime &notBefore = QDateTime::currentDateTimeUtc().addDays(-1),
                    const QDateTime &notAfter = QDateTime::currentDateTimeUtc().addDays(1))
        : key(KeyPair::generate(1024)),
          certificate(key.certificate(u"test"_s, notBefore, notAfter))
    { }
    QString thumbprint() const
    {
        return QString::fromLatin1(QCryptographicHash::hash(certificate, QCryptographicHash::Sha256).toHex());
    }
    KeyPair key;
    QByteArray certificate;
};

/// One that all tests may use: keys take their time.
inline const Holder &holder()
{
    static const Holder holder;
    return holder;
}

/// display may read meter when the service's token is there; the service lets one address in.
inline Network network(Policy::Challenge challenge = Policy::Challenge::Never)
{
    Network network;
    network.services = { { .id = serviceId,
                           .certificates = { holder().thumbprint() },
                           .access = { { .conditions = { { .kind = AccessCondition::Kind::IpAddress,
                                                           .value = u"10.0.0.0/8"_s } } } } } };
    network.users = { { .name = u"Kermit"_s, .roles = { u"frogs"_s } } };
    network.privilegeLists = {
        { .service = serviceId, .entries = { { .privilege = u"Sensors.View"_s } } },
        { .service = serviceId,
          .holder = PrivilegeList::Holder::User,
          .name = u"Kermit"_s,
          .entries = { { .include = false, .privilege = u"Sensors.Delete"_s } } },
        { .service = serviceId,
          .holder = PrivilegeList::Holder::Role,
          .name = u"frogs"_s,
          .entries = { { .privilege = u"Sensors"_s } } },
    };
    network.accessRules = { { .id = u"with service"_s,
                              .subject = { .kind = Subject::Kind::Jid,
                                           .value = u"display@example.org"_s,
                                           .withService = serviceId },
                              .target = { .kind = Target::Kind::Device, .value = u"meter@example.org"_s },
                              .names = { u"Energy"_s } },
                            { .id = u"with user"_s,
                              .subject = { .kind = Subject::Kind::Jid,
                                           .value = u"display@example.org"_s,
                                           .withUser = u"Kermit"_s },
                              .target = { .kind = Target::Kind::Device, .value = u"meter@example.org"_s },
                              .names = { u"Power"_s } } };
    network.policy = Policy { .challenge = challenge };
    return network;
}

template<typename T>
T payloadOf(const wire::Element &iq)
{
    const auto payload = iq.firstChild() ? wire::readProvisioning(*iq.firstChild())
                                         : Result<wire::Provisioning>(fail({}, {}));
    const T *value = payload ? std::get_if<T>(&*payload) : nullptr;
    if (!value)
        QTest::qFail(iq.toXml().constData(), __FILE__, __LINE__);
    return value ? *value : T {};
}

inline QByteArray xml(const wire::Provisioning &payload)
{
    return wire::write(payload).toXml();
}

class TokenFixture : public ServiceFixture
{
public:
    wire::Element send(const QByteArray &from, const wire::Provisioning &payload)
    {
        return ask(from, xml(payload));
    }
    wire::GetTokenChallenge challenge(const QByteArray &from, const Holder &who = holder())
    {
        return payloadOf<wire::GetTokenChallenge>(send(from, wire::GetToken { who.certificate }));
    }
    wire::Element redeem(const QByteArray &from, qint32 number, const QByteArray &secret)
    {
        return send(from, wire::GetTokenChallengeResponse { number, secret });
    }
    QString token(const QByteArray &from, const Holder &who = holder())
    {
        const auto challenged = challenge(from, who);
        const auto secret = who.key.decrypt(challenged.challenge).value_or(QByteArray());
        return payloadOf<wire::GetTokenResponse>(redeem(from, challenged.seqnr, secret)).token;
    }

    /// What display may read of meter when meter is shown these tokens.
    QStringList readable(const wire::Tokens &tokens, const QByteArray &asker = meter)
    {
        return fieldsOf(send(asker, question(tokens)));
    }
    static wire::CanRead question(const wire::Tokens &tokens)
    {
        return { .jid = Jid::parse(u"display@example.org").value(),
                 .fields = { u"Energy"_s, u"Power"_s },
                 .types = FieldType::Momentary,
                 .typesWritten = true,
                 .tokens = tokens };
    }
    static QStringList fieldsOf(const wire::Element &answer)
    {
        const auto response = payloadOf<wire::CanReadResponse>(answer);
        if (!response.result)
            return {};
        return response.fields.isEmpty() ? QStringList { u"Energy"_s, u"Power"_s } : response.fields;
    }

    /// Asks without waiting for the answer; gives the id.
    QByteArray start(const QByteArray &from, const wire::Provisioning &payload)
    {
        const QByteArray id = "started-" + QByteArray::number(++m_started);
        receive("<iq type='get' id='" + id + "' to='prov.example.org' from='" + from + "'>" + xml(payload)
                + "</iq>");
        return id;
    }
    using ServiceFixture::start;
    wire::Element answerTo(const QByteArray &id)
    {
        return waitForSent(
            [&](const wire::Element &stanza) { return stanza.attribute("id"_L1).toLatin1() == id; });
    }
    bool isAnswered(const QByteArray &id)
    {
        return std::ranges::any_of(transport.sent, [&](const wire::Element &stanza) {
            return stanza.attribute("id"_L1).toLatin1() == id;
        });
    }
    static bool isChallenge(const wire::Element &stanza)
    {
        return stanza.firstChild() && stanza.firstChild()->name == "tokenChallenge"_L1;
    }
    wire::Element waitForChallenge() { return waitForSent(isChallenge); }
    /// Of one that is known, a question is challenged at once.
    wire::Element takeChallenge() { return takeSent(isChallenge); }
    /// Answers a tokenChallenge as \a from.
    void respond(const QByteArray &from, const wire::Element &challenge, const QByteArray &secret)
    {
        receive("<iq type='result' id='" + challenge.attribute("id"_L1).toLatin1()
                + "' to='prov.example.org' from='" + from + "'>"
                + xml(wire::TokenChallengeResponse { secret }) + "</iq>");
    }
    QByteArray secretOf(const wire::Element &challenge, const Holder &who = holder())
    {
        const auto payload = payloadOf<wire::TokenChallenge>(challenge);
        return who.key.decrypt(payload.challenge).value_or(QByteArray());
    }

    /// Commits as an administrator does.
    void put(const Object &object)
    {
        const ObjectKey key { objectType(object), objectId(object) };
        commit({ .key = key, .base = versionOf(key), .object = object });
    }
    void remove(const ObjectKey &key)
    {
        commit({ .verb = Change::Verb::Remove, .key = key, .base = versionOf(key) });
    }
    template<typename T>
    QList<T> all(ObjectType type)
    {
        QList<T> objects;
        const Store::ObjectPage page = store->list({ .type = type }, { .max = 1000 }).result().value();
        for (const VersionedObject &object : page.objects)
            objects.append(std::get<T>(*object.object));
        return objects;
    }

private:
    Revision versionOf(const ObjectKey &key)
    {
        const auto object = store->object(key).result();
        return object ? object->version : 0;
    }
    void commit(const Change &change)
    {
        const wire::Element answer = request(
            "set", console,
            admin::write(admin::Apply { { .id = QUuid::createUuid().toString(), .changes = { change } } })
                .toXml());
        if (answer.attribute("type"_L1) != "result"_L1)
            QTest::qFail(answer.toXml().constData(), __FILE__, __LINE__);
    }
    int m_started = 0;
};

} // namespace castellan::server
