/** Each thing that can break the escape route, planted in a simulated world, is found by `check --online`, which names the fix. */
import { expect, test } from "vitest";

import { scriptedServer, type Reply } from "../providers/scripted-server.ts";
import { ids, Stage, uid, type Planted } from "./stage.ts";

interface Row extends Planted {
  readonly group: "web" | "shop";
  readonly severity: "error" | "warning" | "unknown";
  readonly text: RegExp;
  readonly fix: RegExp;
}

const [exo, cloud] = [{ group: "web" }, { group: "shop" }] as const;
const error = "error" as const;
const warning = "warning" as const;
const fault = (line: string): readonly (readonly [string, string])[] => [
  ["exoscale:", `faults: [{ ${line}, times: always }]\nexoscale:`],
];
const stack = (more: string): readonly (readonly [string, string])[] => [
  [`uid: s-us, name: us,`, `uid: s-us, name: us, ${more},`],
];

/** A second zone, and an endpoint that names the first one. */
const elsewhere = [
  [
    "cloud66:",
    `  other-zones:
    - zone: ch-dk-2
      instances: [{ id: ${ids.elsewhere}, name: elsewhere }]
      elastic-ips: [{ id: e1a50000-0000-4000-8000-000000000009, ip: 198.51.100.9 }]
cloud66:`,
  ],
] as const;
const zoned = ['/v2"', '/zones/ch-gva-2/v2"'] as const;

/** The key may do these operations and nothing else. */
const allowed = (...operations: readonly string[]): readonly (readonly [string, string])[] => {
  const expression = `operation in [${operations.map((name) => `'${name}'`).join(", ")}]`;
  const rules = JSON.stringify([{ action: "allow", expression }]);
  const policy = `{ default-service-strategy: deny, services: { compute: { type: rules, rules: ${rules} } } }`;
  return [["secret: secret-that-opens-nothing", `secret: secret-that-opens-nothing, policy: ${policy}`]];
};
const reading = ["list-elastic-ips", "get-elastic-ip", "get-instance", "list-instances", "get-operation"];

const rows: Readonly<Record<string, Row>> = {
  "a wrong API secret": {
    ...exo,
    severity: error,
    config: [["secret-that-opens-nothing", "another-secret-entirely"]],
    text: /^Cannot look up Elastic IP 198\.51\.100\.7: HTTP 403, the signature is not accepted/,
    fix: /^Check api-key and api-secret: they must belong together/,
  },
  "an unknown API key": {
    ...exo,
    severity: error,
    config: [["EXO0000test", "EXO0000nobody"]],
    text: /the signature is not accepted/,
    fix: /^Check api-key and api-secret/,
  },
  "a key that may not read instances": {
    ...exo,
    severity: error,
    world: fault("operation: get-instance, status: 403"),
    text: /^Cannot read the instance 6b1c\S+ of member a: HTTP 403, the credentials do not allow this/,
    fix: /^Allow get-instance, .* failoverd exoscale iam-policy prints all that is needed/,
  },
  "a key that may not list instances": {
    ...exo,
    severity: error,
    world: fault("operation: list-instances, status: 403"),
    text: /^Who holds the address is not known: cannot search for foreign holders: HTTP 403/,
    fix: /^Allow get-instance, list-instances/,
  },
  "a key that may not follow operations": {
    ...exo,
    severity: warning,
    world: fault("operation: get-operation, status: 403"),
    text: /^The credentials do not allow get-operation/,
    fix: /^Allow the operation get-operation/,
  },
  "a role that forbids to read instances": {
    ...exo,
    severity: error,
    world: allowed("list-elastic-ips", "list-instances", "get-operation"),
    text: /^Cannot read the instance 6b1c\S+ of member a: .*Forbidden by role policy for compute/,
    fix: /^Allow get-instance, /,
  },
  "a role that forbids everything": {
    ...exo,
    severity: error,
    world: allowed("delete-elastic-ip"),
    text: /^Cannot look up Elastic IP 198\.51\.100\.7: .*Forbidden by role policy for compute/,
    fix: /^Allow get-instance, list-instances, list-elastic-ips/,
  },
  "a key that may read and not attach, which only a move can prove": {
    ...exo,
    severity: warning,
    world: allowed(...reading),
    text: /^Whether the credentials allow attach and detach can only be proven by a move/,
    fix: /^Do a switchover in a quiet hour\. The IAM role needs attach-instance-to-elastic-ip/,
  },
  "an Elastic IP that is not there, or in another zone": {
    ...exo,
    severity: error,
    config: [["elastic-ip: 198.51.100.7", "elastic-ip: 198.51.100.77"]],
    text: /^Elastic IP 198\.51\.100\.77 does not exist in this zone: none of the 2 Elastic IPs/,
    fix: /^Set elastic-ip to an address or id of the zone/,
  },
  "an instance that is gone, or in another zone": {
    ...exo,
    severity: error,
    config: [[ids["web-b"], "9c020000-0000-4000-8000-0000000000ff"]],
    text: /^The instance 9c02\S+ff of member b does not exist in this zone/,
    fix: /^Set instance to the id of an instance in the zone of the Elastic IP/,
  },
  "an Elastic IP of another zone": {
    ...exo,
    severity: error,
    world: elsewhere,
    config: [zoned, ["elastic-ip: 198.51.100.7", "elastic-ip: 198.51.100.9"]],
    text: /^Elastic IP 198\.51\.100\.9 is in zone ch-dk-2, not in ch-gva-2: an Elastic IP cannot be attached across zones$/,
    fix: /^Use a provider with zone: ch-dk-2 if the group's instances are there too/,
  },
  "an instance of another zone": {
    ...exo,
    severity: error,
    world: elsewhere,
    config: [zoned, [ids["web-b"], ids.elsewhere]],
    text: /^The instance 9c02\S+dd of member b is in zone ch-dk-2, not in ch-gva-2: an Elastic IP cannot/,
    fix: /^Set instance to the id of an instance in ch-gva-2/,
  },
  "an instance that no zone knows": {
    ...exo,
    severity: error,
    world: elsewhere,
    config: [zoned, [ids["web-b"], "9c020000-0000-4000-8000-0000000000ff"]],
    text: /^The instance 9c02\S+ff of member b does not exist in this zone, nor in ch-dk-2$/,
    fix: /^Set instance to the id of an instance in the zone of the Elastic IP/,
  },
  "a standby that is stopped": {
    ...exo,
    severity: warning,
    world: [["serve: http, state: running", "serve: http, state: stopped"]],
    text: /^The instance 9c02\S+ of member b is not running: its state is stopped/,
    fix: /^Start it\./,
  },
  "no standby that runs": {
    ...exo,
    severity: error,
    world: [["serve: http, state: running", "serve: http, state: stopped"]],
    text: /^Nobody could take 198\.51\.100\.7 over: not running: b/,
    fix: /^Start at least one instance/,
  },
  "an IPv6 address for an instance without IPv6": {
    ...exo,
    severity: error,
    config: [["elastic-ip: 198.51.100.7", 'elastic-ip: "2001:db8::1"']],
    text: /^The instance 9c02\S+ of member b cannot take 2001:db8::1, .* the instance has no IPv6/,
    fix: /^Enable IPv6 on the instance, or use an IPv4 Elastic IP/,
  },
  "a managed Elastic IP": {
    ...exo,
    severity: warning,
    world: [["ip: 198.51.100.7,", "ip: 198.51.100.7, healthcheck: { mode: tcp, port: 80 },"]],
    text: /^Elastic IP 198\.51\.100\.7 is managed: it has a healthcheck/,
    fix: /^Use a manual Elastic IP/,
  },
  "a foreign holder": {
    ...exo,
    severity: warning,
    world: [["holders: [web-a]", "holders: [web-a, other]"]],
    text: new RegExp(`^Instance ${ids.other} holds 198\\.51\\.100\\.7 and is not a member`),
    fix: /^Add it to the members or detach it/,
  },
  "two holders where one is wanted": {
    ...exo,
    severity: warning,
    world: [["holders: [web-a]", "holders: [web-a, web-b]"]],
    text: /^Several members hold 198\.51\.100\.7: a, b\./,
    fix: /^Detach all but one, unless the group says holders: all-healthy/,
  },
  "nobody that holds it": {
    ...exo,
    severity: warning,
    world: [["holders: [web-a]", "holders: []"]],
    text: /^No member holds 198\.51\.100\.7/,
    fix: /^The daemon attaches it to a member that is proven healthy/,
  },
  "a standby that does not answer its probe": {
    ...exo,
    severity: warning,
    change: ({ backends }) => backends.get("web-b")?.kill(),
    text: /^b could not receive the address, judged by one probe from here: /,
    fix: /^Put it in order, or correct its target/,
  },
  "an API that is down": {
    ...exo,
    severity: "unknown",
    world: fault("operation: list-elastic-ips, status: 501"),
    text: /^Cannot look up Elastic IP 198\.51\.100\.7: HTTP 501/,
    fix: /^Check again/,
  },
  "an API that answers with a page of HTML": {
    ...exo,
    severity: "unknown",
    world: fault("operation: list-elastic-ips, status: 200, body: html"),
    text: /an HTML page/,
    fix: /^Check the endpoint in the config, and whether a proxy answers/,
  },
  "a wrong token": {
    ...cloud,
    severity: error,
    config: [["token: token-that-opens-nothing", "token: another-token-entirely"]],
    text: /^Cannot check the token: HTTP 401, the credentials are not accepted/,
    fix: /^Check token: it is the access token itself \(CLOUD66_ACCESS_TOKEN\)/,
  },
  "a token of scope public": {
    ...cloud,
    severity: warning,
    world: [["scope: admin", "scope: public"]],
    text: /^Whether the token allows a flip can only be proven by one/,
    fix: /needs the scope admin and edit rights on both stacks/,
  },
  "a token that is readonly": {
    ...cloud,
    severity: error,
    world: [["scope: admin", "scope: admin, readonly: true"]],
    text: /^The token may not change failover group abc123def456 \(readonly\)/,
    fix: /^Use a token with the scopes public and admin, of a user who may edit both stacks/,
  },
  "a uid that nobody knows": {
    ...cloud,
    severity: error,
    config: [[uid, "abc123def457"]],
    text: /^The account has no failover group abc123def457/,
    fix: /^Set failover-group to a uid of this account: abc123def456/,
  },
  "a place without a stack": {
    ...cloud,
    severity: error,
    world: [["secondary: us", "secondary: null"]],
    text: /^The group has no secondary stack, so it cannot be flipped to us/,
    fix: /^Set the secondary stack of the group in the Cloud 66 dashboard/,
  },
  "a group that is busy": {
    ...cloud,
    severity: warning,
    change: ({ world }) => world.cloud66?.flip(uid, "secondary", { kind: "stuck" }),
    text: /^Cloud 66 is toggling this group now/,
    fix: /^Wait until it is done/,
  },
  "a stack in maintenance": {
    ...cloud,
    severity: warning,
    world: stack("maintenance-mode: true"),
    text: /^The secondary stack of us \(us\) is in maintenance mode/,
    fix: /^Put it in order before traffic is sent to it/,
  },
  "a stack that failed": {
    ...cloud,
    severity: warning,
    world: stack("status: 2, health: 4"),
    text: /^The secondary stack of us \(us\) is failed in its last deploy, failed/,
    fix: /^Put it in order/,
  },
};

test.each(Object.entries(rows))("check --online finds %s and names the fix", async (_, row) => {
  await using stage = await Stage.open(row);
  const { text, fix } = row;
  const sentence = expect.stringMatching(text) as string;
  expect(await stage.findings(row.group)).toContainEqual({
    severity: row.severity,
    text: sentence,
    fix: expect.stringMatching(fix) as string,
  });
});

test.each(["web", "shop"] as const)(
  "check --online finds nothing that breaks %s in a world in order",
  async (group) => {
    await using stage = await Stage.open();
    const { code, out } = await stage.check(group, false);
    expect(code).toBe(0);
    expect(out).not.toMatch(/^ {2}(error|unknown) /m);
    expect(out.match(/^ {2}warning .*$/gm)).toEqual([expect.stringContaining("can only be proven by")]);
  },
);

test("check --online takes an instance with IPv6 for one that can have an IPv6 address", async () => {
  const swap = [["serve: http, state: running", "serve: http, ipv6-address: 2001:db8:1::b"]] as const;
  await using stage = await Stage.open({
    world: swap,
    config: [["elastic-ip: 198.51.100.7", 'elastic-ip: "2001:db8::1"']],
  });
  const texts = (await stage.findings("web"))
    .filter(({ severity }) => severity === "error")
    .map(({ text }) => text);
  expect(texts).toEqual([expect.stringMatching(/ of member a cannot take 2001:db8::1/)]);
});

test("check --online tells a broken route from one that could not be asked for, and fails for both", async () => {
  await using broken = await Stage.open(rows["an instance that is gone, or in another zone"]);
  expect(await broken.check("web", false)).toMatchObject({
    code: 1,
    message: "A failover would fail now; problems found: 1",
    out: expect.stringContaining("fix: Set instance to the id"),
  });
  await using silent = await Stage.open(rows["an API that is down"]);
  expect(await silent.check("web", false)).toMatchObject({
    code: 1,
    message: "Cannot tell whether a failover would work; questions without an answer: 1",
  });
});

const forbidden = { status: 403, json: { message: "Invalid request signature" } };

test("check --online finds a clock that is off, before and after signatures are refused for it", async () => {
  await using server = await scriptedServer();
  await using stage = await Stage.open({ origin: server.origin });
  const anHourAgo = { date: new Date(Date.now() - 3_600_000).toUTCString() };
  server.on("GET /v2/elastic-ip", { ...forbidden, headers: anHourAgo });
  expect(await stage.findings("web")).toContainEqual({
    severity: "error",
    text: expect.stringMatching(
      /not accepted.* This machine's clock is 3[67]\d\d s ahead of the provider's$/,
    ) as string,
    fix: expect.stringMatching(/^Set the clock \(NTP\)/) as string,
  });
  const eip = { id: "e1a50000-0000-4000-8000-000000000007", ip: "198.51.100.7" };
  server.on("GET /v2/elastic-ip", { json: { "elastic-ips": [eip] }, headers: anHourAgo });
  expect(await stage.findings("web")).toContainEqual({
    severity: "warning",
    text: expect.stringMatching(
      /^This machine's clock is 3[67]\d\d s ahead .* takes our signatures all the same$/,
    ) as string,
    fix: expect.stringMatching(/^Set the clock \(NTP\)/) as string,
  });
});

test.each([
  [
    "is refused",
    { status: 403, json: { error: "forbidden" } },
    /of 4711: HTTP 403/,
    /4711 is sent as X-Account/,
  ],
  [
    "has other groups",
    { json: { response: [] } },
    /^The account of 4711 has no failover group/,
    /correct account/,
  ],
] satisfies readonly [string, Reply, RegExp, RegExp][])(
  "check --online finds an account that is wrong, when it %s",
  async (_, reply, text, fix) => {
    await using server = await scriptedServer();
    server.on("GET /api/3/ping/auth", { json: { response: { ok: true } } });
    server.on("GET /api/3/elastic_addresses", reply);
    const token = "token: token-that-opens-nothing";
    const config = [[token, `${token}, account: "4711"`]] as const;
    await using stage = await Stage.open({ origin: server.origin, config });
    expect(await stage.findings("shop")).toContainEqual({
      severity: "error",
      text: expect.stringMatching(text) as string,
      fix: expect.stringMatching(fix) as string,
    });
    expect(server.requests[0]?.headers["x-account"]).toBe("4711");
  },
);
