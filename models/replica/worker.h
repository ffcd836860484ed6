// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFuture>
#include <QObject>
#include <QPromise>
#include <QThread>

#include <memory>

namespace castellan::replica {

/// A thread and an object that lives on it.
template<typename Object>
class Worker
{
public:
    /// \a make is called on the thread.
    template<typename Make>
    Worker(const QString &name, Make make)
    {
        m_thread.setObjectName(name);
        m_context.moveToThread(&m_thread);
        m_thread.start();
        QMetaObject::invokeMethod(&m_context, [this, make = std::move(make)] { m_object = make(); });
    }
    Q_DISABLE_COPY_MOVE(Worker)

    ~Worker()
    {
        // Behind everything that was asked for already, so that no edit is lost when a console is closed.
        QMetaObject::invokeMethod(
            &m_context,
            [this] {
                m_object.reset();
                m_context.moveToThread(nullptr);
            },
            Qt::BlockingQueuedConnection);
        m_thread.quit();
        m_thread.wait();
    }

    /// Calls \a function with the object, after what was asked for before.
    template<typename Function>
    auto run(Function function) -> QFuture<std::invoke_result_t<Function, Object &>>
    {
        using Value = std::invoke_result_t<Function, Object &>;
        auto promise = std::make_shared<QPromise<Value>>();
        auto future = promise->future();
        QMetaObject::invokeMethod(&m_context, [this, promise, function = std::move(function)]() mutable {
            promise->start();
            if constexpr (std::is_void_v<Value>)
                function(*m_object);
            else
                promise->addResult(function(*m_object));
            promise->finish();
        });
        return future;
    }

private:
    QThread m_thread;
    QObject m_context;
    std::unique_ptr<Object> m_object;
};

} // namespace castellan::replica
