// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/dataform.h"

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace {

wire::Element formElement(QLatin1StringView name, const QString &text = {})
{
    return { .name = name, .xmlns = nsDataForms, .attributes = {}, .children = {}, .text = text };
}

QString typeName(DataForm::Field::Type type)
{
    switch (type) {
    case DataForm::Field::Type::Fixed:
        return u"fixed"_s;
    case DataForm::Field::Type::Jid:
        return u"jid-single"_s;
    case DataForm::Field::Type::Text:
        return u"text-single"_s;
    case DataForm::Field::Type::List:
        return u"list-single"_s;
    case DataForm::Field::Type::Boolean:
        return u"boolean"_s;
    }
    Q_UNREACHABLE_RETURN(QString());
}

wire::Element fieldElement(const DataForm::Field &field)
{
    wire::Element element = formElement("field"_L1);
    element.setAttribute("type"_L1, typeName(field.type));
    if (!field.name.isEmpty())
        element.setAttribute("var"_L1, field.name);
    if (!field.label.isEmpty())
        element.setAttribute("label"_L1, field.label);
    if (field.isRequired)
        element.children.append(formElement("required"_L1));
    for (const QString &value : field.values)
        element.children.append(formElement("value"_L1, value));
    for (const DataForm::Option &option : field.options) {
        wire::Element child = formElement("option"_L1);
        child.setAttribute("label"_L1, option.label);
        child.children.append(formElement("value"_L1, option.value));
        element.children.append(child);
    }
    return element;
}

} // namespace

wire::Element DataForm::write() const
{
    wire::Element form { .name = u"x"_s, .xmlns = nsDataForms };
    form.setAttribute("type"_L1, isResult ? u"result"_s : u"form"_s);
    form.children.append(formElement("title"_L1, title));
    if (!instructions.isEmpty())
        form.children.append(formElement("instructions"_L1, instructions));
    for (const Field &field : fields)
        form.children.append(fieldElement(field));
    if (columns.isEmpty())
        return form;
    wire::Element reported = formElement("reported"_L1);
    for (const Column &column : columns)
        reported.children.append(
            fieldElement({ .name = column.name, .type = column.type, .label = column.label }));
    form.children.append(reported);
    for (const QStringList &row : rows) {
        wire::Element item = formElement("item"_L1);
        for (qsizetype i = 0; i < columns.size(); ++i) {
            wire::Element field = formElement("field"_L1);
            field.setAttribute("var"_L1, columns.at(i).name);
            field.children.append(formElement("value"_L1, row.value(i)));
            item.children.append(field);
        }
        form.children.append(item);
    }
    return form;
}

Result<FormValues> readSubmitted(const wire::Element &form)
{
    if (form.attribute("type"_L1) != "submit"_L1)
        return fail(FailureKind::BadRequest, u"The form is not filled in: its type is not submit."_s);
    FormValues values;
    for (const wire::Element &field : form.children) {
        if (field.name != "field"_L1 || field.xmlns != nsDataForms)
            continue;
        const QString name = field.attribute("var"_L1);
        if (name.isEmpty() || values.contains(name))
            return fail(FailureKind::BadRequest, u"A field of the form has no name, or that of another."_s);
        const wire::Element *value = field.child("value"_L1, nsDataForms);
        values.insert(name, value ? value->text : QString());
    }
    return values;
}

} // namespace castellan::server
