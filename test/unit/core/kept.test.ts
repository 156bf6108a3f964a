import { expect, test } from "vitest";
import { hiddenBy } from "../../../src/core/kept.ts";
import { targetKey, type Target, type TlsCheck } from "../../../src/core/target.ts";
import { plainHttp, tcpTarget } from "../daemon/results.ts";

const http = { ...plainHttp, uri: "/healthz" };
const tls: TlsCheck = { sni: null, skipVerify: false, caPem: null, resume: false };
const fresh = tcpTarget({ mode: "https", http, tls });

const rows: readonly (readonly [string, Target, readonly string[]])[] = [
  ["nothing by TCP", tcpTarget(), []],
  ["nothing by default", fresh, []],
  ["what reuse hides", { ...fresh, http: { ...http, reuse: true } }, ["reuse 60000"]],
  ["what resume hides", { ...fresh, tls: { ...tls, resume: true } }, ["resume 3600000"]],
  [
    "what both hide",
    { ...fresh, http: { ...http, reuse: true }, tls: { ...tls, resume: true } },
    ["resume 3600000", "reuse 60000"],
  ],
];

test.each(rows)("hiddenBy() tells %s", (_title, target, wanted) => {
  expect(hiddenBy(target).map(({ option, forMs }) => `${option} ${forMs}`)).toEqual(wanted);
});

test("targets that keep something else from probe to probe share no probe", () => {
  expect(new Set(rows.map(([, target]) => targetKey(target))).size).toBe(rows.length);
});
