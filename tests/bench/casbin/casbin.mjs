// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
//
// Usage: casbin.mjs FILE, a JSON object of `policies`, `groups` and `questions`. Prints the answers to all
// questions as a row of 0 and 1; then, for each line on standard input, asks them all again and prints
// nanoseconds: the mean of one, as computing time, and their p99, by the clock.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { newEnforcer, newModelFromString } from 'casbin';

const { policies, groups, questions } = JSON.parse(readFileSync(process.argv[2]));

// casbin's own example of roles (rbac_model.conf)
const enforcer = await newEnforcer(newModelFromString(`
[request_definition]
r = sub, obj, act

[policy_definition]
p = sub, obj, act

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
`));
await enforcer.addPolicies(policies);
await enforcer.addGroupingPolicies(groups);

console.log(questions.map(question => Number(enforcer.enforceSync(...question))).join(''));

for await (const _ of createInterface({ input: process.stdin })) {
    const before = process.cpuUsage();
    const times = questions.map(question => {
        const start = process.hrtime.bigint();
        enforcer.enforceSync(...question);
        return Number(process.hrtime.bigint() - start);
    }).sort((a, b) => a - b);
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) * 1000 / times.length, times[Math.floor((times.length - 1) * 0.99)]);
}
