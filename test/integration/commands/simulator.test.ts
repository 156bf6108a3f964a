/** Every command against the simulated clouds: what it does is there afterwards, in the cloud's own record. */
import { expect, test } from "vitest";

import type { CloudContext } from "../../../src/cli/clouds/context.ts";
import {
  createElasticAddress,
  deleteElasticAddress,
  updateElasticAddress,
} from "../../../src/cli/cloud66/change.ts";
import { listElasticAddresses, ping, showStack } from "../../../src/cli/cloud66/show.ts";
import {
  createElasticIp,
  deleteElasticIp,
  resetElasticIp,
  updateElasticIp,
} from "../../../src/cli/exoscale/change.ts";
import { attach, detach } from "../../../src/cli/exoscale/move.ts";
import { listElasticIps, listInstances, showInstance } from "../../../src/cli/exoscale/show.ts";
import { listZones } from "../../../src/cli/exoscale/zones.ts";
import { policyFor } from "../../../src/providers/exoscale/iam-policy.ts";
import { startSimulator, type Simulator } from "../../../src/simulator/simulator.ts";
import { parseWorld } from "../../../src/simulator/world-file.ts";
import { asks, fields, ids, sends } from "./exoscale-world.ts";
import { update } from "./cloud66-world.ts";
import { key, secret, Stage, token, type Ended } from "./stage.ts";

const dialects = ["elastic-addresses", "elastic-addresses-model", "failover-groups"] as const;

const worldText = (dialect: string): string => `
listen: 127.0.0.1:0
exoscale:
  zone: ch-gva-2
  api-keys:
    - { key: ${key}, secret: ${secret} }
    - { key: EXOrestricted, secret: ${secret}, policy: ${JSON.stringify(policyFor(["198.51.100.7"]))} }
  operation-time: 5ms
  instances:
    - { id: ${ids.a}, name: web-a, public-ip: 192.0.2.11 }
    - { id: ${ids.b}, name: web-b }
  elastic-ips:
    - { id: ${ids.eip}, ip: 198.51.100.7, description: www, holders: [web-a] }
    - { id: ${ids.free}, ip: 198.51.100.8 }
cloud66:
  dialect: ${dialect}
  flip-time: 5ms
  tokens: [{ token: ${token}, scope: admin }]
  stacks: [{ uid: s-eu, name: shop-eu }, { uid: s-us, name: shop-us }]
  failover-groups: []
`;

type Run = (command: (context: CloudContext) => Promise<void>, env?: NodeJS.ProcessEnv) => Promise<Ended>;

async function inWorld(
  dialect: string,
  work: (run: Run, simulator: Simulator) => Promise<void>,
): Promise<void> {
  await using stage = await Stage.open();
  const simulator = await startSimulator(parseWorld(worldText(dialect)), {});
  const clouds = {
    EXOSCALE_API_ENDPOINT: simulator.exoscaleEndpoint,
    CLOUD66_API_URL: simulator.cloud66Endpoint.replace("/api/3", ""),
  };
  try {
    await work((command, env) => stage.run(command, { env: { ...clouds, ...env } }), simulator);
  } finally {
    await simulator.close();
  }
}

test("an Elastic IP from its creation to its deletion", async () => {
  await inWorld("elastic-addresses", async (run, { world }) => {
    const made = await run((context) =>
      createElasticIp({ ...fields, json: true, description: "new", label: ["team=web"] }, context),
    );
    expect(made).toMatchObject({ code: 0 });
    const { id, ip } = JSON.parse(made.out) as { id: string; ip: string };
    expect(JSON.parse(made.out)).toMatchObject({
      description: "new",
      labels: { team: "web" },
      managed: false,
      holders: [],
    });

    const changed = { ...fields, description: "newer", label: ["a=b"], removeLabel: ["team"] };
    expect((await run((context) => updateElasticIp(ip, changed, context))).out).toMatch(
      /newer\n.*\n?labels +a=b\n/,
    );
    expect((await run((context) => resetElasticIp(id, "description", sends, context))).out).not.toContain(
      "newer",
    );
    expect((await run((context) => attach(ip, "web-b", sends, context))).out).toMatch(/held by +web-b\n/);
    expect(world.exoscale?.holders(world.exoscale.elasticIp(id) ?? raise())).toEqual([ids.b]);
    expect((await run((context) => deleteElasticIp(ip, sends, context))).err).toContain("is held by web-b");
    expect((await run((context) => detach(ip, ids.b, sends, context))).out).toMatch(/held by +nobody\n/);
    expect(await run((context) => deleteElasticIp(ip, sends, context))).toMatchObject({ code: 0 });
    expect(world.exoscale?.elasticIp(id)).toBeUndefined();
  });
});

test("a managed Elastic IP keeps every field of its healthcheck, and a manual one gets none", async () => {
  await inWorld("elastic-addresses", async (run) => {
    const healthcheck = {
      healthcheckMode: "https",
      healthcheckPort: "8443",
      healthcheckInterval: "30",
      healthcheckTimeout: "5",
      healthcheckStrikesOk: "4",
      healthcheckStrikesFail: "6",
      healthcheckUri: "/up",
      healthcheckTlsSni: "www.example.com",
      healthcheckTlsSkipVerify: true,
    };
    const options = { ...fields, ...healthcheck, json: true, addressFamily: "inet6" };
    const made = await run((context) => createElasticIp(options, context));
    const { id, ...rest } = JSON.parse(made.out) as { id: string };
    const stored = {
      mode: "https",
      port: 8443,
      interval: 30,
      timeout: 5,
      "strikes-ok": 4,
      "strikes-fail": 6,
      uri: "/up",
      "tls-sni": "www.example.com",
      "tls-skip-verify": true,
    };
    expect(rest).toMatchObject({ addressFamily: "inet6", managed: true, healthcheck: stored });
    const slower = await run((context) =>
      updateElasticIp(id, { ...fields, json: true, healthcheckInterval: "60" }, context),
    );
    expect(JSON.parse(slower.out)).toMatchObject({ healthcheck: { ...stored, interval: 60 } });
    const manual = { ...fields, healthcheckMode: "tcp", healthcheckPort: "80" };
    expect(await run((context) => updateElasticIp("198.51.100.7", manual, context))).toMatchObject({
      code: 1,
      err: expect.stringContaining("A manual Elastic IP cannot be given a healthcheck"),
    });
  });
});

test("what the commands that only ask say of the simulated zone", async () => {
  await inWorld("elastic-addresses", async (run) => {
    const out = async (command: (context: CloudContext) => Promise<void>) => (await run(command)).out;
    expect(await out((context) => listElasticIps(asks, context))).toContain(
      "198.51.100.7  manual  web-a    www\n",
    );
    expect(await out((context) => listInstances(asks, context))).toContain(
      `web-a  running  192.0.2.11  ${ids.a}\n`,
    );
    expect(await out((context) => showInstance("web-a", asks, context))).toContain("198.51.100.7\n");
    expect(await out((context) => listZones(asks, context))).toContain("ch-gva-2");
  });
});

test("the policy of iam-policy allows the daemon's operations on its addresses, and nothing else", async () => {
  await inWorld("elastic-addresses", async (run) => {
    const env = { EXOSCALE_API_KEY: "EXOrestricted" };
    const allowed = [
      (context: CloudContext) => listElasticIps(asks, context),
      (context: CloudContext) => attach("198.51.100.7", "web-b", sends, context),
      (context: CloudContext) => detach("198.51.100.7", "web-a", sends, context),
    ];
    for (const command of allowed) expect(await run(command, env)).toMatchObject({ code: 0 });
    const refused = {
      "attach-instance-to-elastic-ip": (context: CloudContext) =>
        attach("198.51.100.8", "web-b", sends, context),
      "create-elastic-ip": (context: CloudContext) => createElasticIp(fields, context),
      "delete-elastic-ip": (context: CloudContext) => deleteElasticIp("198.51.100.8", sends, context),
      "reset-elastic-ip-field": (context: CloudContext) =>
        resetElasticIp(ids.eip, "description", sends, context),
      "update-elastic-ip": (context: CloudContext) =>
        updateElasticIp(ids.eip, { ...fields, description: "x" }, context),
    };
    for (const [operation, command] of Object.entries(refused)) {
      const { code, err } = await run(command, env);
      expect(code).toBe(1);
      expect(err).toContain(`Fix: Allow the operation ${operation} of the service compute`);
    }
  });
});

test.each(dialects)(
  "an elastic address from its creation to its deletion, in the dialect %s",
  async (dialect) => {
    await inWorld(dialect, async (run, { world }) => {
      expect((await run((context) => ping(asks, context))).code).toBe(0);
      const options = { ...update, json: true, primary: "s-eu", secondary: "s-us", current: "primary" };
      const made = await run((context) => createElasticAddress(options, context));
      expect(made).toMatchObject({ code: 0 });
      const [{ uid } = { uid: "" }] = JSON.parse(made.out) as { uid: string }[];
      const change = (more: object) =>
        run((context) => updateElasticAddress(uid, { ...update, ...more }, context));

      expect((await change({ current: "secondary" })).out).toContain("flip: current_stack is secondary\n");
      expect(world.cloud66?.group(uid)?.current).toBe("secondary");
      expect((await change({ removePrimary: true })).out).toMatch(
        /primary +no stack, so it cannot be flipped there\n/,
      );
      expect((await change({ current: "primary" })).err).toContain("the group has no primary stack");
      expect((await change({ primary: "s-eu" })).out).toMatch(/primary +.*s-eu\n/);
      expect((await run((context) => listElasticAddresses(asks, context))).out).toContain(
        `${uid}  secondary`,
      );
      expect((await run((context) => deleteElasticAddress(uid, update, context))).err).toContain(
        "still points at a stack",
      );
      expect((await change({ removePrimary: true, removeSecondary: true })).code).toBe(0);
      expect(await run((context) => deleteElasticAddress(uid, update, context))).toMatchObject({ code: 0 });
      expect(world.cloud66?.group(uid)).toBeUndefined();
      expect((await run((context) => showStack("s-eu", asks, context))).out).toContain("shop-eu\n");
    });
  },
);

function raise(): never {
  throw new Error("The Elastic IP is not there");
}
