// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include <QColor>
#include <QQmlComponent>
#include <QQmlEngine>
#include <QTest>

#include <array>
#include <cmath>
#include <memory>

using namespace Qt::StringLiterals;

namespace {

double linear(double channel)
{
    return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}

/// WCAG 2.1, relative luminance.
double luminance(const QColor &colour)
{
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF())
        + 0.0722 * linear(colour.blueF());
}

double contrast(const QColor &one, const QColor &other)
{
    const auto [darker, lighter] = std::minmax({ luminance(one), luminance(other) });
    return (lighter + 0.05) / (darker + 0.05);
}

/// How somebody sees \a colour who lacks one kind of cone (Machado, Oliveira and Fernandes 2009, severity 1).
using Deficiency = std::array<std::array<double, 3>, 3>;
constexpr Deficiency protanopia { { { 0.152286, 1.052583, -0.204868 },
                                    { 0.114503, 0.786281, 0.099216 },
                                    { -0.003882, -0.048116, 1.051998 } } };
constexpr Deficiency deuteranopia {
    { { 0.367322, 0.860646, -0.227968 }, { 0.280085, 0.672501, 0.047413 }, { -0.011820, 0.042940, 0.968881 } }
};
constexpr Deficiency tritanopia { { { 1.255528, -0.076749, -0.178779 },
                                    { -0.078411, 0.930809, 0.147602 },
                                    { 0.004733, 0.691367, 0.303900 } } };

/// CIE L*a*b*, D65.
std::array<double, 3> lab(const QColor &colour, const Deficiency &seenWith)
{
    const std::array rgb { linear(colour.redF()), linear(colour.greenF()), linear(colour.blueF()) };
    std::array<double, 3> seen {};
    for (size_t i = 0; i < 3; ++i)
        seen[i] = std::clamp(seenWith[i][0] * rgb[0] + seenWith[i][1] * rgb[1] + seenWith[i][2] * rgb[2], 0.0,
                             1.0);
    const auto f = [](double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116; };
    const double x = f((0.4124 * seen[0] + 0.3576 * seen[1] + 0.1805 * seen[2]) / 0.95047);
    const double y = f(0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2]);
    const double z = f((0.0193 * seen[0] + 0.1192 * seen[1] + 0.9505 * seen[2]) / 1.08883);
    return { 116 * y - 16, 500 * (x - y), 200 * (y - z) };
}

double difference(const QColor &one, const QColor &other, const Deficiency &seenWith)
{
    const auto a = lab(one, seenWith);
    const auto b = lab(other, seenWith);
    return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

} // namespace

/// What the theme promises about its colours, whatever they are changed to.
class ThemeTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void textIsLegible_data();
    void textIsLegible();
    void meaningsKeepTheirHue_data();
    void meaningsKeepTheirHue();
    void effectsAreToldApart_data();
    void effectsAreToldApart();

private:
    QColor colour(const char *name, bool dark) const
    {
        m_theme->setProperty("scheme", dark ? 2 : 1);
        return m_theme->property(name).value<QColor>();
    }

    QQmlEngine m_engine;
    QObject *m_theme = nullptr;
};

constexpr std::array meanings { "allowed", "denied", "partly", "pending", "contained", "offline" };

void ThemeTest::initTestCase()
{
    m_theme = m_engine.singletonInstance<QObject *>("Castellan.Theme", "Theme");
    QVERIFY(m_theme);
}

void ThemeTest::textIsLegible_data()
{
    QTest::addColumn<QByteArray>("ink");
    QTest::addColumn<QByteArray>("ground");
    QTest::addColumn<bool>("dark");
    for (const bool dark : { false, true }) {
        const auto row = [dark](const QByteArray &ink, const QByteArray &ground) {
            QTest::addRow("%s on %s, %s", ink.constData(), ground.constData(), dark ? "dark" : "light")
                << ink << ground << dark;
        };
        for (const char *ground : { "frame", "window", "base", "floating", "selection" }) {
            row("text", ground);
            row("secondaryText", ground);
        }
        for (const char *ground : { "window", "base" }) {
            row("accent", ground);
            for (const char *meaning : meanings)
                row(meaning, ground);
            for (const char *mark : { "markRed", "markAmber", "markGreen", "markBlue" })
                row(mark, ground);
        }
        row("accentText", "accent");
    }
}

void ThemeTest::textIsLegible()
{
    QFETCH(QByteArray, ink);
    QFETCH(QByteArray, ground);
    QFETCH(bool, dark);
    const double ratio = contrast(colour(ink.constData(), dark), colour(ground.constData(), dark));
    QVERIFY2(ratio >= 4.5, qPrintable(QString::number(ratio)));
}

void ThemeTest::meaningsKeepTheirHue_data()
{
    QTest::addColumn<QByteArray>("meaning");
    for (const char *meaning : meanings) {
        if (QByteArrayView(meaning) != "offline") // a grey
            QTest::addRow("%s", meaning) << QByteArray(meaning);
    }
}

void ThemeTest::meaningsKeepTheirHue()
{
    QFETCH(QByteArray, meaning);
    const int light = colour(meaning.constData(), false).hslHue();
    const int dark = colour(meaning.constData(), true).hslHue();
    const int apart = std::abs(light - dark);
    QVERIFY2(std::min(apart, 360 - apart) <= 15, qPrintable(u"%1 and %2"_s.arg(light).arg(dark)));
}

void ThemeTest::effectsAreToldApart_data()
{
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
}

/// The pair on which everything depends, however it is seen. (Shapes and words tell the others apart too.)
void ThemeTest::effectsAreToldApart()
{
    QFETCH(bool, dark);
    for (const Deficiency &deficiency : { protanopia, deuteranopia, tritanopia })
        QVERIFY(difference(colour("allowed", dark), colour("denied", dark), deficiency) > 25);
}

QTEST_MAIN(ThemeTest)
#include "tst_theme.moc"
