// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/provisioningservice.h"

#include "server/answers.h"
#include "server/disco.h"
#include "server/log.h"
#include "server/stanza.h"

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace {

/// More than a question with one token of each provisioning server has, of each kind.
constexpr int mostTokens = 32;

/// \a identities: not set when a token was not proved (statement 22), which denies.
wire::Provisioning decide(const rules::Snapshot &network, const Jid &asker, const wire::CanRead &question,
                          const std::optional<rules::Identities> &identities)
{
    if (!identities)
        return answerTo(question, {}, {});
    const auto access = accessQuestion(asker.bare(), question, *identities, QDateTime::currentDateTimeUtc());
    return answerTo(question, access.types, network.decide(access));
}

wire::Provisioning decide(const rules::Snapshot &network, const Jid &asker, const wire::CanControl &question,
                          const std::optional<rules::Identities> &identities)
{
    if (!identities)
        return answerTo(question, rules::AccessDecision());
    return answerTo(question,
                    network.decide(accessQuestion(asker.bare(), question, *identities,
                                                  QDateTime::currentDateTimeUtc())));
}

template<typename... T>
bool isOneOf(const wire::Provisioning &payload)
{
    return (std::holds_alternative<T>(payload) || ...);
}

bool isQuestion(const wire::Provisioning &payload)
{
    return isOneOf<wire::IsFriend, wire::CanRead, wire::CanControl, wire::CanAccess, wire::HasPrivilege,
                   wire::DownloadPrivileges>(payload);
}

/// Empty: a question of a service.
Jid askedAbout(const wire::Provisioning &question)
{
    return std::visit(
        [](const auto &value) {
            if constexpr (requires { value.jid; })
                return value.jid;
            else
                return Jid();
        },
        question);
}

/// All tokens of a payload, whichever attribute they came in.
QStringList tokensOf(const wire::Provisioning &payload)
{
    return std::visit(
        [](const auto &value) -> QStringList {
            if constexpr (requires { value.tokens; })
                return value.tokens.service + value.tokens.user + value.tokens.device;
            else if constexpr (requires { value.userTokens; })
                return value.serviceTokens + value.userTokens;
            else if constexpr (requires { value.serviceTokens; })
                return value.serviceTokens;
            else
                return {};
        },
        payload);
}

} // namespace

ProvisioningService::ProvisioningService(std::shared_ptr<Store> store, const StartingState &state,
                                         Transport &transport, const ServiceSettings &settings,
                                         QObject *parent)
    : QObject(parent),
      m_store(std::move(store)),
      m_transport(transport),
      m_settings(settings),
      m_network(m_store, state),
      m_noting(m_network, state.noted, transport, settings.noting),
      m_calendar(m_network, transport),
      m_staleAnswers(m_network, transport, settings.staleDelay),
      m_tokens(m_store, m_network, m_noting, state.stored.tokens, settings.tokens),
      m_proofs(m_network, m_tokens, transport, settings.proofs),
      m_desk(m_network, m_tokens, m_noting),
      m_contacts(state.stored.askers, state.stored.elsewhere, settings.contacts),
      m_deliveries(m_store, m_contacts, transport, settings.retry),
      m_subscribers(m_network, m_contacts, transport, state.stored.deliverySequence, settings.subscribers),
      m_confirmations(m_store, m_network, state.stored.unconfirmed, transport.jid()),
      m_operations(m_store, m_network, m_contacts, m_tokens, m_subscribers, m_confirmations, settings.admin),
      m_admin(m_operations, transport),
      m_commands(m_operations, transport, settings.commands),
      m_rateLimit(settings.rate)
{
    m_clock.start();
    m_network.setAskers([this] {
        // Those whose first question waits for the store are told too: it may be answered any moment.
        return QSet<QString>(m_contacts.askers())
            .unite({ m_unremembered.keyBegin(), m_unremembered.keyEnd() });
    });
    m_deliveries.resume(state.stored.owed, state.stored.revision);
    m_subscribers.onUnconfirmedChanged(state.stored.unconfirmed);
    connect(&m_confirmations, &Confirmations::changed, &m_subscribers, &Subscribers::onUnconfirmedChanged);

    connect(&m_transport, &Transport::stanzaReceived, this, &ProvisioningService::onStanza);
    connect(&m_transport, &Transport::availabilityChanged, this, [this](const Jid &full, bool available) {
        if (available)
            m_contacts.seen(full);
        else
            m_contacts.gone(full);
    });
    connect(&m_transport, &Transport::ready, this, &ProvisioningService::greet);
    connect(&m_transport, &Transport::drained, this, &ProvisioningService::greetMore);
    connect(&m_transport, &Transport::ready, &m_deliveries, &Deliveries::sendAll);
    connect(&m_deliveries, &Deliveries::changed, &m_subscribers, &Subscribers::onDeliveryChanged);
    connect(&m_network, &LiveNetwork::learned, this, &ProvisioningService::onLearned);
    connect(&m_network, &LiveNetwork::committed, this, [this](const Committed &committed, const Owed &owed) {
        m_deliveries.owe(owed, committed.revision);
        answerWaiting();
    });
    connect(&m_network, &LiveNetwork::settled, this, &ProvisioningService::answerWaiting);
    connect(&m_tokens, &TokenRegistry::userChanged, &m_staleAnswers, &StaleAnswers::add);
    connect(&m_proofs, &TokenProofs::provedLate, &m_staleAnswers,
            [this](const QString &holder) { m_staleAnswers.add({ holder }); });

    m_touchTimer.setSingleShot(true);
    m_touchTimer.setInterval(settings.touchDelay);
    connect(&m_touchTimer, &QTimer::timeout, this, [this] { (void)flush(); });
}

QFuture<Result<void>> ProvisioningService::flush()
{
    (void)m_tokens.flush(); // in the store before what follows
    return m_store->touchAskers(m_contacts.takeAskedTimes());
}

/// A component has no roster that would tell it who is there after a restart. Things that see our presence
/// may show theirs; for those that let us subscribe to it their server answers the probe. Without it,
/// what a thing is owed waited until it happened to ask something.
void ProvisioningService::greet()
{
    if (m_transport.needsFriendship())
        return;
    m_toGreet.clear();
    for (const QString &asker : m_contacts.askers()) {
        if (!m_contacts.isElsewhere(asker))
            m_toGreet.append(asker);
    }
    greetMore();
}

void ProvisioningService::greetMore()
{
    const QString here = m_transport.jid().full();
    while (!m_toGreet.isEmpty() && !m_transport.isCongested()) {
        const QString bare = m_toGreet.takeLast();
        m_transport.send(presenceTo(bare));
        m_transport.send(stanza(u"presence"_s, u"probe"_s, here, bare));
    }
}

/// A client shows its presence itself; of a component nobody else does.
wire::Element ProvisioningService::presenceTo(const QString &jid) const
{
    wire::Element presence = stanza(u"presence"_s, {}, m_transport.jid().full(), jid);
    presence.children = { capsElement(componentIdentity) };
    return presence;
}

void ProvisioningService::onStanza(const wire::Element &stanza)
{
    const Result<Jid> from = Jid::parse(stanza.attribute("from"_L1));
    if (!from) {
        qCDebug(lcServer, "Dropped a stanza from “%ls”: %ls", qUtf16Printable(stanza.attribute("from"_L1)),
                qUtf16Printable(from.error().text));
        return;
    }
    // An error speaks for somebody who could not be reached; anything else is a sign of life.
    const bool isError = stanza.attribute("type"_L1) == "error"_L1;
    if (stanza.name == "presence"_L1)
        return onPresence(*from, stanza);
    if (!isError)
        m_contacts.seen(*from);
    if (stanza.name == "message"_L1)
        onMessage(*from, stanza);
    else if (stanza.name == "iq"_L1)
        onIq(*from, stanza);
}

void ProvisioningService::onPresence(const Jid &from, const wire::Element &presence)
{
    const QString type = presence.attribute("type"_L1);
    if (type.isEmpty()) {
        m_contacts.seen(from);
    } else if (type == "unavailable"_L1 || type == "error"_L1) {
        m_contacts.gone(from);
    } else if (!m_transport.needsFriendship() && (type == "subscribe"_L1 || type == "probe"_L1)) {
        // XEP-0324 §3.1.2 asks for no friendship with a component; who wants our presence may have it.
        const QString here = m_transport.jid().full();
        if (type == "subscribe"_L1) {
            m_transport.send(stanza(u"presence"_s, u"subscribed"_s, here, from.bare()));
            m_transport.send(stanza(u"presence"_s, u"subscribe"_s, here, from.bare()));
        }
        m_transport.send(presenceTo(from.full()));
    }
}

void ProvisioningService::onMessage(const Jid &from, const wire::Element &message)
{
    // One that came back says that nobody is there.
    if (message.attribute("type"_L1) == "error"_L1) {
        m_subscribers.remove(from.full());
        m_operations.cancel(from.full());
        m_contacts.gone(from);
        return;
    }
    const wire::Element *payload = message.child("userLoggedIn"_L1, wire::nsProvisioning);
    const auto read = payload ? wire::readProvisioning(*payload)
                              : fail(FailureKind::BadRequest, u"It says nothing to this server."_s);
    const auto log = [from](const Result<void> &done) {
        if (!done)
            qCInfo(lcServer, "A message of %ls was of no effect: %ls", qUtf16Printable(from.full()),
                   qUtf16Printable(done.error().text));
    };
    if (!m_rateLimit.take(from.bare(), m_clock.elapsed()))
        qCDebug(lcServer, "Passed over a message from %ls, who sends too many", qUtf16Printable(from.full()));
    else if (!read)
        log(std::unexpected(read.error()));
    else if (tokensOf(*read).size() <= mostTokens)
        onUserLoggedIn(from, std::get<wire::UserLoggedIn>(*read), log);
}

void ProvisioningService::onIq(const Jid &from, const wire::Element &iq)
{
    const QString type = iq.attribute("type"_L1);
    if (type == "result"_L1 || type == "error"_L1) {
        if (!m_deliveries.takeAnswer(from, iq) && !m_proofs.takeAnswer(from, iq))
            qCDebug(lcServer, "Dropped an answer of %ls to nothing asked", qUtf16Printable(from.full()));
        return;
    }
    if (!m_rateLimit.take(from.bare(), m_clock.elapsed()))
        return refuse(from, iq,
                      { FailureKind::ResourceConstraint, u"Too many requests; ask again later."_s });
    if (type != "get"_L1 && type != "set"_L1)
        return refuse(from, iq, { FailureKind::BadRequest, u"An iq has type get, set, result or error."_s });
    onRequest(from, iq);
}

void ProvisioningService::onRequest(const Jid &from, const wire::Element &iq)
{
    if (iq.children.size() != 1)
        return refuse(from, iq, { FailureKind::BadRequest, u"A request has exactly one payload element."_s });
    const QString to = iq.attribute("to"_L1);
    const QString here = m_transport.jid().bare();
    if (to != here && bareJid(to) != here)
        return refuse(from, iq, { FailureKind::ServiceUnavailable, u"Nobody answers at this address."_s });
    const wire::Element &payload = *iq.firstChild();
    const bool get = iq.attribute("type"_L1) == "get"_L1;

    if (payload.xmlns == wire::nsProvisioning)
        onProvisioning(from, iq, payload);
    else if (payload.xmlns == wire::nsAdmin)
        m_admin.handle(from, iq, payload);
    else if (!get && payload.xmlns == nsCommands && payload.name == "command"_L1)
        m_commands.handle(from, iq, payload);
    else if (get && payload.xmlns == wire::nsDiscoInfo)
        answerDiscoInfo(from, iq, payload);
    else if (get && payload.xmlns == wire::nsDiscoItems)
        answerDiscoItems(from, iq, payload);
    else if (get && payload.xmlns == nsPing)
        m_transport.send(wire::iqResult(iq));
    else if (get && payload.xmlns == nsVersion)
        answerVersion(iq);
    else
        refuse(from, iq,
               { FailureKind::ServiceUnavailable,
                 u"%1 of %2 is not offered here."_s.arg(payload.name, payload.xmlns) });
}

void ProvisioningService::onProvisioning(const Jid &from, const wire::Element &iq,
                                         const wire::Element &payload)
{
    Result<wire::Provisioning> read = wire::readProvisioning(payload);
    if (!read)
        return refuse(from, iq, read.error());
    if (tokensOf(*read).size() > mostTokens)
        return refuse(from, iq,
                      { FailureKind::BadRequest, u"A request has at most %1 tokens."_s.arg(mostTokens) });

    const bool get = iq.attribute("type"_L1) == "get"_L1;
    const Question question { from, iq, *std::move(read) };
    if (const auto *getToken = std::get_if<wire::GetToken>(&question.payload); getToken && get) {
        reply(question, m_tokens.challenge(from, getToken->certificate));
    } else if (const auto *response = std::get_if<wire::GetTokenChallengeResponse>(&question.payload);
               response && get) {
        m_tokens.redeem(from, *response, [this, question](const Result<QString> &token) {
            reply(question, token.transform([](const QString &text) {
                return wire::Provisioning(wire::GetTokenResponse { text });
            }));
        });
    } else if (const auto *login = std::get_if<wire::UserLoggedIn>(&question.payload); login && !get) {
        onUserLoggedIn(from, *login, [this, question](const Result<void> &done) {
            if (done)
                m_transport.send(wire::iqResult(question.iq));
            else
                refuse(question.from, question.iq, done.error());
        });
    } else if (get && isQuestion(question.payload)) {
        onQuestion(question);
    } else {
        refuse(from, iq,
               { FailureKind::BadRequest,
                 u"%1 in an iq of type %2 asks a provisioning server nothing."_s.arg(
                     payload.name, iq.attribute("type"_L1)) });
    }
}

void ProvisioningService::onUserLoggedIn(const Jid &from, const wire::UserLoggedIn &login,
                                         const LoginDone &done)
{
    const bool accepted = m_proofs.prove(from, tokensOf(login), [=, this](const auto &unproven) {
        m_desk.userLoggedIn(from, login, unproven, done);
    });
    if (!accepted)
        done(fail(FailureKind::ResourceConstraint, u"Answer the challenges of your tokens first."_s));
}

void ProvisioningService::onQuestion(const Question &question)
{
    const auto &[from, iq, payload] = question;
    const QString &bare = from.bare();
    if (m_contacts.hasAsked(bare) && !m_contacts.isElsewhere(bare))
        return answer(question);

    // A device must be known to hold answers before it gets the first one: only the known are told to
    // forget them (statement 24), by the server they asked last.
    QList<Question> &waiting = m_unremembered[bare];
    if (waiting.isEmpty()) {
        if (m_waitingCount >= m_settings.waiting
            || m_contacts.askers().size() + m_unremembered.size() > m_settings.askers) {
            m_unremembered.remove(bare);
            return refuse(from, iq,
                          { FailureKind::ResourceConstraint, u"The server is busy; ask again later."_s });
        }
        m_toRemember.append(bare);
    } else if (waiting.size() >= m_settings.waitingEach || m_waitingCount >= m_settings.waiting) {
        return refuse(from, iq,
                      { FailureKind::ResourceConstraint, u"Wait for an answer before you ask more."_s });
    }
    waiting.append(question);
    ++m_waitingCount;
    rememberMore();
}

/// All at once who came while those before were written: each transaction waits for the disk.
void ProvisioningService::rememberMore()
{
    if (m_isRemembering || m_toRemember.isEmpty())
        return;
    m_isRemembering = true;
    const QStringList senders = std::exchange(m_toRemember, {});
    m_store->noteAskers(senders, QDateTime::currentDateTimeUtc())
        .then(this, [this, senders](const Result<Revision> &noted) {
            m_isRemembering = false;
            onRemembered(senders, noted);
            rememberMore();
        });
}

void ProvisioningService::onRemembered(const QStringList &senders, const Result<Revision> &noted)
{
    for (const QString &bare : senders) {
        const QList<Question> questions = m_unremembered.take(bare);
        if (noted) {
            m_contacts.asked(bare, QDateTime::currentDateTimeUtc());
            if (m_contacts.isElsewhere(bare)) {
                m_contacts.setElsewhere(bare, false);
                m_deliveries.takeOver(bare);
            }
            m_waiting.append(questions);
            continue;
        }
        qCWarning(lcServer, "That %ls has asked could not be stored: %ls", qUtf16Printable(bare),
                  qUtf16Printable(noted.error().text));
        m_waitingCount -= questions.size();
        for (const Question &question : questions)
            refuse(question.from, question.iq,
                   { FailureKind::InternalServerError,
                     u"The server's database does not answer; ask again later."_s });
    }
    // Another server's commit may not have known these askers, and is not in force here yet.
    if (noted && *noted > m_network.revision())
        m_network.catchUp();
    if (!m_network.isCommitting())
        answerWaiting();
}

void ProvisioningService::onLearned(const News &news)
{
    for (const auto &[bare, at] : news.askers.asKeyValueRange()) {
        const bool isElsewhere = news.elsewhere.contains(bare);
        if (isElsewhere) {
            m_contacts.asked(bare, at);
            if (!m_contacts.isElsewhere(bare))
                m_deliveries.handOver(bare);
        }
        m_contacts.setElsewhere(bare, isElsewhere);
    }
    m_subscribers.onDeliveryChanged(news.deliverySequence);
}

void ProvisioningService::answerWaiting()
{
    const QList<Question> questions = std::exchange(m_waiting, {});
    m_waitingCount -= questions.size();
    for (const Question &question : questions)
        answer(question);
}

void ProvisioningService::answer(const Question &question)
{
    const QStringList tokens = tokensOf(question.payload);
    if (tokens.isEmpty()) // as most are
        return decide(question, {});
    m_tokens.presented(tokens, question.from);
    const bool accepted = m_proofs.prove(question.from, tokens, [this, question](const auto &unproven) {
        decide(question, unproven);
    });
    if (!accepted) {
        refuse(question.from, question.iq,
               { FailureKind::ResourceConstraint, u"Answer the challenges of your tokens first."_s });
    }
}

void ProvisioningService::decide(const Question &question, const TokenProofs::Unproven &unproven)
{
    const rules::Snapshot &network = m_network.snapshot();
    const Jid &from = question.from;
    const auto identities = [&](const wire::Tokens &tokens) -> std::optional<rules::Identities> {
        const auto service = m_tokens.present(tokens.service, unproven);
        const auto user = m_tokens.present(tokens.user, unproven);
        const auto device = m_tokens.present(tokens.device, unproven);
        if (service.isDenied || user.isDenied || device.isDenied)
            return {};
        m_desk.noteServices(service);
        return rules::Identities { service.identities(), user.identities(), device.identities() };
    };
    if (const auto *isFriend = std::get_if<wire::IsFriend>(&question.payload)) {
        decideFriendship(question, *isFriend);
    } else if (const auto *canRead = std::get_if<wire::CanRead>(&question.payload)) {
        reply(question, server::decide(network, from, *canRead, identities(canRead->tokens)));
    } else if (const auto *canControl = std::get_if<wire::CanControl>(&question.payload)) {
        reply(question, server::decide(network, from, *canControl, identities(canControl->tokens)));
    } else if (const auto *canAccess = std::get_if<wire::CanAccess>(&question.payload)) {
        m_desk.canAccess(from, *canAccess, unproven,
                         [this, question](const auto &response) { reply(question, response); });
    } else if (const auto *hasPrivilege = std::get_if<wire::HasPrivilege>(&question.payload)) {
        reply(question, m_desk.hasPrivilege(from, *hasPrivilege, unproven));
    } else if (const auto *download = std::get_if<wire::DownloadPrivileges>(&question.payload)) {
        reply(question, m_desk.downloadPrivileges(from, *download, unproven));
    }

    const QString &asker = from.bare();
    m_contacts.asked(asker, QDateTime::currentDateTimeUtc());
    if (!m_touchTimer.isActive())
        m_touchTimer.start();
    const QString about = askedAbout(question.payload).bare();
    const ThingKind kind = about.isEmpty() ? ThingKind::Service : ThingKind::Thing;
    m_noting.noteThing(asker, kind, Noting::Share::Whole);
    // Inventing addresses must not hide those that ask.
    if (!about.isEmpty())
        m_noting.noteThing(about, ThingKind::Thing, Noting::Share::Half);
}

void ProvisioningService::reply(const Question &question, const Result<wire::Provisioning> &response)
{
    if (response)
        m_transport.send(wire::iqResult(question.iq, wire::write(*response)));
    else
        refuse(question.from, question.iq, response.error());
}

void ProvisioningService::decideFriendship(const Question &question, const wire::IsFriend &isFriend)
{
    const rules::Snapshot &network = m_network.snapshot();
    const rules::FriendQuestion asked { question.from.bare(), isFriend.jid.bare() };
    const rules::FriendDecision decision = network.decide(asked);
    if (!decision.ask || network.contains({ ObjectType::Question, friendshipId(asked.asker, asked.jid) }))
        return reply(question, answerTo(isFriend, decision));

    // The answer waits until an administrator can find the question (statement 5): were it lost, who was
    // denied would not ask again.
    const castellan::Question kept { asked.asker, asked.jid, QDateTime::currentDateTimeUtc() };
    m_noting.noteNow(kept, [this, question, isFriend, asked](const Result<void> &done) {
        // Where there are too many it is denied all the same, as anybody who asks later is.
        if (done || done.error().kind == FailureKind::ResourceConstraint)
            reply(question, answerTo(isFriend, m_network.snapshot().decide(asked)));
        else
            refuse(question.from, question.iq, done.error());
    });
}

void ProvisioningService::refuse(const Jid &from, const wire::Element &iq, const Failure &failure)
{
    // Who asks too much must not fill the log as well.
    if (failure.kind != FailureKind::ResourceConstraint || lcServer().isDebugEnabled()) {
        qCWarning(lcServer, "Refused a request of %ls: %ls", qUtf16Printable(from.full()),
                  qUtf16Printable(failure.text));
    }
    m_transport.send(wire::iqError(iq, failure));
}

void ProvisioningService::answerDiscoInfo(const Jid &from, const wire::Element &iq,
                                          const wire::Element &query)
{
    if (const auto command = m_commands.info(from, query.attribute("node"_L1)))
        return (void)m_transport.send(wire::iqResult(iq, *command));
    const auto info = discoInfo(m_transport.needsFriendship() ? accountIdentity : componentIdentity, query);
    if (info)
        m_transport.send(wire::iqResult(iq, *info));
    else
        refuse(from, iq, info.error());
}

void ProvisioningService::answerDiscoItems(const Jid &from, const wire::Element &iq,
                                           const wire::Element &query)
{
    if (query.attribute("node"_L1) == nsCommands)
        m_transport.send(wire::iqResult(iq, m_commands.items(from)));
    else
        m_transport.send(wire::iqResult(iq, { .name = u"query"_s, .xmlns = wire::nsDiscoItems }));
}

void ProvisioningService::answerVersion(const wire::Element &iq)
{
    wire::Element query { .name = u"query"_s, .xmlns = nsVersion };
    query.children = {
        { .name = u"name"_s, .xmlns = nsVersion, .attributes = {}, .children = {}, .text = u"Castellan"_s },
        { .name = u"version"_s,
          .xmlns = nsVersion,
          .attributes = {},
          .children = {},
          .text = u"" CASTELLAN_VERSION ""_s }
    };
    m_transport.send(wire::iqResult(iq, query));
}

} // namespace castellan::server
