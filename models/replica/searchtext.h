// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/network.h"

namespace castellan::replica {

/// What is searched in: the case-folded words of an object, apart by line feeds. Empty: it cannot be found.
[[nodiscard]] QString searchText(const Object &object);

/// The words that \a search asks for, case-folded; each must occur somewhere in the text.
[[nodiscard]] QStringList searchWords(const QString &search);

/// All runs of one, two and three characters within the words of \a text, each once, written so that FTS5's
/// tokenizer `ascii` takes each as one token, in UTF-8. A built-in `trigram` would know no runs of one or
/// two.
[[nodiscard]] QByteArray gramsOf(const QString &text);

/// An FTS5 expression that holds for all texts in which \a word occurs, and for few others: what matches has
/// to be compared with the text itself.
[[nodiscard]] QString gramsExpression(const QString &word);

} // namespace castellan::replica
