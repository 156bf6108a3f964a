import { describe, expect, test } from "vitest";
import type { Config, GroupConfig } from "../../../src/config/config.ts";
import { Secret } from "../../../src/config/secret.ts";
import { parseEntry } from "../../../src/daemon/journal/entry.ts";
import type { ProviderConfig } from "../../../src/providers/kinds.ts";
import { groupIdentity } from "../../../src/config/identity.ts";
import type { JournalEntry } from "../../../src/daemon/journal/journal.ts";
import { MemoryJournal } from "../../../src/daemon/journal/memory-journal.ts";
import { noCalendar } from "../config/sample.ts";
import { decision, intent } from "./entries.ts";

const clock = { wallNow: (): number => 1_800_000_000_000 };

describe("MemoryJournal", () => {
  test("recovers each group by itself", () => {
    const journal = new MemoryJournal(clock);
    journal.append(intent);
    expect(journal.recover("web", "").openMove).toEqual({
      move: { trigger: "failover", why: "", from: ["a"], to: ["b"], tookOff: false },
      startedWallMs: clock.wallNow(),
      counted: false,
      lastStep: null,
    });
    expect(journal.recover("shop", "").openMove).toBeNull();
  });

  test("recovers nothing of a group that has become another one", () => {
    const journal = new MemoryJournal(clock);
    journal.recover("web", "one");
    journal.append(intent);
    expect(journal.recover("web", "two").openMove).toBeNull();
    expect(journal.recover("web", "one").openMove).not.toBeNull();
  });

  test("is bounded, and what only explains takes no room from moves", () => {
    const journal = new MemoryJournal(clock);
    journal.append(intent);
    for (let i = 0; i < 3_000; i++) journal.append(decision(`${i}`));
    expect(journal.entries).toHaveLength(1_001);
    expect(journal.entries[0]).toEqual(intent);
    expect(journal.entries.at(-1)).toEqual(decision("2999"));
  });

  test("bounds every text and every list, and keeps no field that it does not know", () => {
    const journal = new MemoryJournal(clock);
    const names = Array.from({ length: 200 }, (_, i) => `m${i}`);
    journal.append({ ...intent, why: "x".repeat(5_000), from: names, apiSecret: "hush" } as JournalEntry);
    const [entry] = journal.entries as readonly [typeof intent & { type: "intent" }];
    expect(entry.why).toHaveLength(1_000);
    expect(entry.from).toHaveLength(100);
    expect(JSON.stringify(entry)).not.toContain("hush");
  });

  test("takes in nothing that is no entry, and does not throw", () => {
    const journal = new MemoryJournal(clock);
    journal.append({ type: "nonsense" } as unknown as JournalEntry);
    expect(journal.entries).toEqual([]);
    expect(journal.prune()).toBe(0);
    expect(() => journal.close()).not.toThrow();
  });
});

test.each(["", "{", "null", "[]", '{"type":"intent"}', '{"type":"from-the-future","group":"web"}'])(
  "parseEntry() takes %j for no entry",
  (json) => {
    expect(parseEntry(json)).toBeNull();
  },
);

describe("groupIdentity()", () => {
  const provider: ProviderConfig = {
    type: "exoscale",
    name: "exo",
    zone: "ch-gva-2",
    apiKey: new Secret("key"),
    apiSecret: new Secret("secret"),
    endpoint: "https://api-ch-gva-2.exoscale.com/v2",
  };
  const member = (name: string, instance: string): Config["groups"][0]["members"][0] => {
    return { name, identity: name, holder: { kind: "instance", id: instance }, target: {} } as never;
  };
  const group: GroupConfig = {
    name: "web",
    provider: "exo",
    address: { kind: "elastic-ip", id: "198.51.100.7" },
    policy: {} as never,
    path: null,
    calendar: noCalendar,
    members: [member("a", "1"), member("b", "2")],
  };
  const identity = groupIdentity(group, provider);

  test("stays when credentials, the order of preference or the policy change", () => {
    const same = { ...group, members: group.members.toReversed(), policy: { mode: "shadow" } as never };
    expect(groupIdentity(same, { ...provider, apiKey: new Secret("other") })).toBe(identity);
  });

  test.each<readonly [string, GroupConfig, ProviderConfig]>([
    ["the zone", group, { ...provider, zone: "de-fra-1" }],
    ["the endpoint", group, { ...provider, endpoint: "http://127.0.0.1:1/v2" }],
    ["the address", { ...group, address: { kind: "elastic-ip", id: "198.51.100.8" } }, provider],
    ["an instance", { ...group, members: [member("a", "1"), member("b", "3")] }, provider],
    ["who is who", { ...group, members: [member("a", "2"), member("b", "1")] }, provider],
    ["a name", { ...group, members: [member("a", "1"), member("c", "2")] }, provider],
  ])("changes with %s", (_, otherGroup, otherProvider) => {
    expect(groupIdentity(otherGroup, otherProvider)).not.toBe(identity);
  });

  test("tells the accounts of Cloud 66 apart", () => {
    const cloud: ProviderConfig = {
      type: "cloud66",
      name: "c66",
      token: new Secret("token"),
      endpoint: "https://app.cloud66.com/api/3",
      account: null,
      path: "auto",
    };
    const shop: GroupConfig = {
      ...group,
      address: { kind: "failover-group", id: "abc" },
      members: [
        { name: "eu", identity: "eu", holder: { kind: "stack", id: "primary" }, target: {} as never },
      ],
    };
    expect(groupIdentity(shop, cloud)).not.toBe(groupIdentity(shop, { ...cloud, account: "7" }));
  });
});
