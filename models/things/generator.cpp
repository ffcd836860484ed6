// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/generator.h"

#include <QCryptographicHash>
#include <QSet>
#include <QTimeZone>

#include <algorithm>
#include <cmath>
#include <random>
#include <span>

using namespace Qt::StringLiterals;

namespace castellan::things {

namespace {

struct FieldModel
{
    const char16_t *name;
    FieldTypes types;
};

/// A kind of equipment.
struct Model
{
    QLatin1StringView slug; ///< start of the JID, and the role
    const char16_t *name;
    const char16_t *owner;
    const char16_t *trade; ///< a tag
    ThingKind kind;
    int share; ///< of 100
    std::span<const FieldModel> fields;
    std::span<const char16_t *const> parameters;
};

const FieldTypes now = FieldType::Momentary;
const FieldTypes series = now | FieldType::HistoricalHour | FieldType::HistoricalDay;
const FieldTypes bills = series | FieldType::HistoricalMonth;

const FieldModel meterFields[] = { { u"Energy", bills },
                                   { u"Power", now | FieldType::Peak },
                                   { u"Serial number", FieldType::Identity } };
const FieldModel climateFields[] = { { u"Temperature", series }, { u"Humidity", series }, { u"Mode", now } };
const FieldModel airFields[] = { { u"CO2", series | FieldType::Peak }, { u"Presence", series } };
const FieldModel lightFields[] = { { u"State", now }, { u"Burning hours", FieldType::Computed } };
const FieldModel doorFields[] = { { u"State", now }, { u"Locked", now }, { u"Access log", series } };
const FieldModel chargerFields[] = { { u"Power", series }, { u"Last card", now } };
const FieldModel alarmFields[] = { { u"Alarm", series }, { u"Battery", FieldType::Status } };
const FieldModel gatewayFields[] = { { u"Uptime", FieldType::Status }, { u"Firmware", FieldType::Identity } };
const char16_t *const climateParameters[] = { u"Setpoint", u"Mode" };
const char16_t *const lightParameters[] = { u"Brightness", u"On" };
const char16_t *const doorParameters[] = { u"Unlock" };
const char16_t *const chargerParameters[] = { u"Limit", u"Release" };
const char16_t *const alarmParameters[] = { u"Test" };
const char16_t *const gatewayParameters[] = { u"Restart" };

const Model models[] = {
    { "gateway"_L1, u"Gateway", u"Facility Management", u"automation", ThingKind::Concentrator, 4,
      gatewayFields, gatewayParameters },
    { "controller"_L1, u"Controller", u"Facility Management", u"automation", ThingKind::Thing, 4,
      gatewayFields, gatewayParameters },
    { "meter"_L1,
      u"Electricity meter",
      u"Energy Services",
      u"metering",
      ThingKind::Thing,
      18,
      meterFields,
      {} },
    { "thermostat"_L1, u"Thermostat", u"Facility Management", u"heating", ThingKind::Thing, 22, climateFields,
      climateParameters },
    { "air"_L1, u"Air quality", u"Facility Management", u"ventilation", ThingKind::Thing, 14, airFields, {} },
    { "light"_L1, u"Lighting", u"Facility Management", u"lighting", ThingKind::Thing, 18, lightFields,
      lightParameters },
    { "door"_L1, u"Door", u"Security", u"access", ThingKind::Thing, 8, doorFields, doorParameters },
    { "charger"_L1, u"Vehicle charger", u"Mobility", u"parking", ThingKind::Thing, 4, chargerFields,
      chargerParameters },
    { "alarm"_L1, u"Smoke detector", u"Security", u"fire", ThingKind::Thing, 6, alarmFields,
      alarmParameters },
    { "display"_L1,
      u"Information display",
      u"Facility Management",
      u"information",
      ThingKind::User,
      2,
      {},
      {} },
};

const char16_t *const buildings[] = { u"Library",     u"Town Hall",   u"Harbour House", u"Central Station",
                                      u"Clinic",      u"Museum",      u"Market Hall",   u"Technical School",
                                      u"Observatory", u"Data Centre", u"Sports Hall",   u"Residence",
                                      u"Warehouse",   u"Laboratory",  u"Theatre",       u"Workshop" };
const char16_t *const districts[] = { u"north", u"south", u"east", u"west", u"harbour",
                                      u"hill",  u"lake",  u"park", u"mill", u"field" };

struct ServiceModel
{
    QLatin1StringView slug;
    const char16_t *name;
    std::span<const char16_t *const> privileges;
};
const char16_t *const billingPrivileges[] = { u"Bills.View.Own", u"Bills.View.All", u"Bills.Create",
                                              u"Bills.Cancel",   u"Tariffs.View",   u"Tariffs.Edit",
                                              u"Customers.View", u"Customers.Edit", u"Customers.Export" };
const char16_t *const maintenancePrivileges[] = {
    u"Orders.View",     u"Orders.Create",   u"Orders.Close", u"Devices.View.State", u"Devices.View.History",
    u"Devices.Restart", u"Devices.Replace", u"Stock.View",   u"Stock.Order"
};
const char16_t *const securityPrivileges[] = { u"Doors.View",          u"Doors.Unlock.Once",
                                               u"Doors.Unlock.Always", u"Alarms.View",
                                               u"Alarms.Acknowledge",  u"Alarms.Silence",
                                               u"Visitors.View",       u"Visitors.Invite" };
const ServiceModel services[] = {
    { "billing"_L1, u"Energy billing", billingPrivileges },
    { "maintenance"_L1, u"Maintenance", maintenancePrivileges },
    { "security"_L1, u"Security desk", securityPrivileges },
};
const char16_t *const staffRoles[] = { u"caretaker", u"technician", u"accountant", u"guard", u"manager" };

QString text(const char16_t *literal)
{
    return QString::fromUtf16(literal);
}

QString thumbprint(const QString &of)
{
    return QString::fromLatin1(QCryptographicHash::hash(of.toUtf8(), QCryptographicHash::Sha256).toHex());
}

class Generator
{
public:
    Generator(int things, quint32 seed)
        : m_random(seed),
          m_count(std::max(things, fewestThings)),
          m_perDistrict(std::max(5000, (m_count + int(std::size(districts)) - 1) / int(std::size(districts))))
    { }

    Network make()
    {
        addServices();
        for (int building = 1; int(m_network.things.size()) < m_count; ++building)
            addBuilding(building);
        linkBuildings();
        addRules();
        addPeople();
        addOccurrences();
        return std::move(m_network);
    }

private:
    int below(int limit) { return int(m_random() % quint32(limit)); }
    bool chance(int percent) { return below(100) < percent; }
    double fraction() { return double(m_random()) / 4294967296.0; }
    template<typename List>
    const auto &any(const List &list)
    {
        return list[decltype(std::size(list))(below(int(std::size(list))))];
    }
    [[nodiscard]] bool isOneDistrict() const { return m_count <= m_perDistrict; }
    [[nodiscard]] QString domain() const
    {
        const auto district = size_t(int(m_network.things.size()) / m_perDistrict);
        return isOneDistrict()
            ? u"campus.example"_s
            : text(districts[std::min(district, std::size(districts) - 1)]) + u".city.example"_s;
    }

    const Model &anyModel()
    {
        int place = below(100);
        for (const Model &model : models) {
            if ((place -= model.share) < 0)
                return model;
        }
        return models[0];
    }

    Node node(const Model &model, const NodeRef &ref, const QString &name)
    {
        Node node { .ref = ref, .parent = {}, .name = name, .fields = {}, .parameters = {} };
        for (const FieldModel &field : model.fields)
            node.fields.append({ text(field.name), field.types });
        for (const char16_t *parameter : model.parameters)
            node.parameters.append(text(parameter));
        return node;
    }

    void addThing(const Model &model, int building, const QString &name, int number)
    {
        const QString place = u"b%1"_s.arg(building);
        const int floor = 1 + below(6);
        Thing thing { .jid = u"%1-%2-%3@%4"_s.arg(model.slug, place).arg(number).arg(domain()),
                      .kind = model.kind,
                      .name = u"%1 %2, %3"_s.arg(text(model.name)).arg(number).arg(name),
                      .owner = text(model.owner),
                      .tags = { text(model.trade), place, u"floor-%1"_s.arg(floor) },
                      .roles = { QString(model.slug), place },
                      .comment = {},
                      .noted = chance(1),
                      .nodes = {} };
        if (!model.fields.empty())
            thing.nodes.append(node(model, {}, {}));
        if (model.kind == ThingKind::Concentrator) {
            for (int i = 1; i <= 3 + below(6); ++i) {
                thing.nodes.append(node(models[2],
                                        { u"room-%1"_s.arg(floor * 100 + i), u"MeteringTopology"_s, {} },
                                        u"Room %1"_s.arg(floor * 100 + i)));
            }
        }
        m_network.things.append(thing);
    }

    void addBuilding(int number)
    {
        const auto first = int(m_network.things.size());
        // A power law: a few are as large as a hundred others.
        const double wanted = 25 * std::pow(1 - fraction(), -1 / 1.3);
        const int left = std::min(m_count - first, m_perDistrict - first % m_perDistrict);
        int size = int(std::min({ wanted, std::max(60.0, m_count / 20.0), double(left) }));
        if (left - size < 10)
            size = left;
        const QString name = u"%1 %2"_s.arg(text(any(buildings))).arg(number);
        for (int i = 0; i < size; ++i)
            addThing(i < 2 ? models[i] : anyModel(), number, name, i + 1);
        m_first.append(first);
        m_named.append(name);
        linkWithin(first, first + size);
    }

    bool link(int one, int other)
    {
        if (one == other)
            return false;
        Friendship pair = makeFriendship(m_network.things.at(one).jid, m_network.things.at(other).jid);
        const std::pair key = std::minmax(one, other);
        if (m_linked.contains(key))
            return false;
        m_linked.insert(key);
        m_friends[one].append(other);
        m_friends[other].append(one);
        if (chance(3))
            pair.state = Friendship::State::Rejected;
        else
            pair.secondaryTrustAllowed = chance(10);
        m_network.friendships.append(pair);
        return true;
    }

    /// Newcomers get to know who knows many already, and friends of those.
    void linkWithin(int first, int end)
    {
        m_friends.resize(end);
        QList<int> ends { first, first };
        for (int thing = first + 1; thing < end; ++thing) {
            const int host = any(ends);
            link(thing, host);
            ends << thing << host;
            for (int i = 0; i < 2; ++i) {
                const int friendOf = chance(60) && !m_friends.at(host).isEmpty() ? any(m_friends.at(host))
                                                                                 : any(ends);
                if (friendOf >= first && link(thing, friendOf))
                    ends << thing << friendOf;
            }
        }
    }

    void linkBuildings()
    {
        const auto count = int(m_network.things.size());
        const auto memberOf = [&](int building) {
            const int end = building + 1 < m_first.size() ? m_first.at(building + 1) : count;
            return m_first.at(building) + below(end - m_first.at(building));
        };
        for (int building = 1; building < m_first.size(); ++building)
            link(m_first.at(building), m_first.at(int(building * fraction())));
        for (int tries = 0; m_network.friendships.size() < qsizetype(count) * 3 && tries < count * 10;
             ++tries) {
            const auto own = int(std::upper_bound(m_first.cbegin(), m_first.cend(), below(count))
                                 - m_first.cbegin())
                - 1;
            const int other = chance(80) ? std::min(own / 2 + below(5), int(m_first.size()) - 1)
                                         : below(int(m_first.size()));
            link(memberOf(own), memberOf(other));
        }
    }

    void addServices()
    {
        for (const ServiceModel &model : services) {
            const QString id = u"%1@%2"_s.arg(model.slug, domain());
            const QString certificate = thumbprint(id);
            m_network.certificates.append(
                { .thumbprint = certificate,
                  .der = {},
                  .subject = u"CN=%1"_s.arg(id),
                  .issuer = u"CN=City Devices CA"_s,
                  .notBefore = QDateTime(QDate(2026, 1, 1), QTime(0, 0), QTimeZone::UTC),
                  .notAfter = QDateTime(QDate(2028, 1, 1), QTime(0, 0), QTimeZone::UTC),
                  .jid = id,
                  .comment = {} });
            Service service { .id = id,
                              .name = text(model.name),
                              .certificates = { certificate },
                              .access = {},
                              .comment = {} };
            service.access = { { Effect::Allow,
                                 { { .kind = AccessCondition::Kind::IpAddress, .value = u"10.0.0.0/8"_s },
                                   { .kind = AccessCondition::Kind::Protocol, .value = u"https"_s } },
                                 u"From inside"_s },
                               { Effect::Deny, {}, {} } };
            m_network.services.append(service);
            for (const char16_t *privilege : model.privileges)
                m_network.privileges.append({ id, text(privilege), {}, false });
            const auto list = [&](const char16_t *role, const QList<PrivilegeEntry> &entries) {
                m_network.privilegeLists.append({ .service = id,
                                                  .holder = PrivilegeList::Holder::Role,
                                                  .name = text(role),
                                                  .entries = entries,
                                                  .comment = {} });
            };
            const QString first = text(model.privileges.front()).section(u'.', 0, 0);
            const QString last = text(model.privileges.back());
            list(u"manager", { { false, last }, { true, first } });
            list(u"technician", { { true, text(model.privileges.front()) } });
            m_network.privilegeLists.append({ .service = id,
                                              .holder = PrivilegeList::Holder::Anonymous,
                                              .name = {},
                                              .entries = { { true, text(model.privileges.front()) } },
                                              .comment = {} });
        }
    }

    AccessRule rule(Action action, Effect effect, const Subject &subject, const Target &target,
                    const QStringList &names = {})
    {
        return { .id = u"rule-%1"_s.arg(m_network.accessRules.size() + 1),
                 .action = action,
                 .effect = effect,
                 .subject = subject,
                 .target = target,
                 .names = names,
                 .comment = {} };
    }

    void addRules()
    {
        const auto role = [](const QString &name) {
            return Subject { .kind = Subject::Kind::Role, .value = name, .withUser = {}, .withService = {} };
        };
        const auto of = [](const QString &name) { return Target { Target::Kind::Role, name, {} }; };
        QList<AccessRule> &rules = m_network.accessRules;
        rules.append(rule(Action::Read, Effect::Deny, {}, of(u"door"_s), { u"Access log"_s }));
        rules.append(rule(Action::Read, Effect::Deny, {}, of(u"charger"_s), { u"Last card"_s }));
        rules.append(rule(Action::Read, Effect::Allow, role(u"gateway"_s), of(u"meter"_s)));
        rules.append(rule(Action::Control, Effect::Allow, role(u"controller"_s), of(u"thermostat"_s)));
        rules.append(rule(Action::Control, Effect::Allow, role(u"controller"_s), of(u"light"_s)));
        rules.append(rule(Action::Control, Effect::Deny, {}, of(u"door"_s), { u"Unlock"_s }));
        m_network.friendshipRules = {
            { .id = u"friends-doors"_s,
              .effect = Effect::Deny,
              .one = role(u"door"_s),
              .other = role(u"display"_s),
              .comment = u"Displays hang in public places"_s },
            { .id = u"friends-alarms"_s,
              .effect = Effect::Allow,
              .one = role(u"alarm"_s),
              .other = role(u"controller"_s),
              .comment = {} },
        };
        for (int i = 0; i < m_first.size(); ++i) {
            const QString place = u"b%1"_s.arg(i + 1);
            AccessRule own = rule(Action::Read, Effect::Allow, role(place), of(place));
            own.comment = u"Within %1"_s.arg(m_named.at(i));
            rules.append(own);
        }
        // The others are about two that know each other.
        for (qsizetype i = 0; rules.size() < m_count && i < m_network.friendships.size(); i += 2) {
            const Friendship &pair = m_network.friendships.at(i);
            const bool turned = chance(50);
            const QString &device = turned ? pair.b : pair.a;
            const QLatin1StringView start = device.startsWith("meter"_L1) ? "Energy"_L1 : "*"_L1;
            rules.append(rule(chance(70) ? Action::Read : Action::Control,
                              chance(92) ? Effect::Allow : Effect::Deny,
                              { .kind = Subject::Kind::Jid,
                                .value = turned ? pair.a : pair.b,
                                .withUser = {},
                                .withService = {} },
                              { Target::Kind::Device, device, {} },
                              start == "*"_L1 ? QStringList() : QStringList { start }));
        }
    }

    void addPeople()
    {
        for (int i = 1; i <= std::max(5, m_count / 200); ++i) {
            User user { .name = u"person-%1"_s.arg(i),
                        .certificates = {},
                        .roles = { text(any(staffRoles)) },
                        .comment = {} };
            if (chance(10)) {
                m_network.privilegeLists.append(
                    { .service = any(m_network.services).id,
                      .holder = PrivilegeList::Holder::User,
                      .name = user.name,
                      .entries = { { true, any(m_network.privileges).privilege.section(u'.', 0, 0) } },
                      .comment = u"While a colleague is away"_s });
            }
            m_network.users.append(user);
        }
    }

    void addOccurrences()
    {
        m_network.policy = Policy { .unknownFriends = Policy::Unknown::Ask };
        for (int i = 0; i < 3 + m_count / 10'000; ++i) {
            const int one = below(m_count);
            const int other = below(m_count);
            if (one != other && !m_linked.contains(std::minmax(one, other)))
                m_network.questions.append(
                    { m_network.things.at(one).jid, m_network.things.at(other).jid,
                      QDateTime(QDate(2026, 11, 1), QTime(8, i % 60), QTimeZone::UTC) });
        }
        m_network.containments.append(
            { m_network.things.at(below(m_count)).jid, {}, u"Sends what it should not"_s });
    }

    std::mt19937 m_random;
    int m_count;
    int m_perDistrict;
    Network m_network;
    QList<int> m_first; ///< thing of each building
    QStringList m_named;
    QSet<std::pair<int, int>> m_linked;
    QList<QList<int>> m_friends;
};

} // namespace

Network generatedNetwork(int things, quint32 seed)
{
    return Generator(things, seed).make();
}

} // namespace castellan::things
