import { expect, test } from "vitest";

import { GroupList } from "../../../src/providers/cloud66/group-list.ts";
import type { FailoverGroup, GroupPage } from "../../../src/providers/cloud66/wire.ts";
import type { Result } from "../../../src/providers/failure.ts";
import { failed, never, ok } from "./fakes.ts";

function group(uid: string): FailoverGroup {
  return {
    uid,
    address: null,
    status: null,
    current: 1,
    stacks: { primary: null, secondary: null },
    busy: false,
    readonly: false,
  };
}

/** A list whose pages the test hands out. */
function world(path: "auto" | "/failover_groups" = "auto") {
  const asked: string[] = [];
  const waiting: ((result: Result<GroupPage>) => void)[] = [];
  const list = new GroupList(
    (path) => {
      asked.push(path);
      return new Promise((resolve) => waiting.push(resolve));
    },
    path,
    () => 0,
  );
  const answer = async (result: Result<GroupPage>) => {
    waiting.shift()?.(result);
    await new Promise(setImmediate);
  };
  return { list, asked, answer };
}

test("who got another first page gets a list of its own", async () => {
  const { list, asked, answer } = world();
  const both = Promise.all([list.get(never, "reading"), list.get(never, "reading")]);
  await answer(ok({ groups: [group("a")], next: null }));
  await answer(ok({ groups: [group("b")], next: null }));
  expect(await both).toEqual([ok([group("a")]), ok([group("b")])]);
  expect(asked).toEqual(["/elastic_addresses", "/elastic_addresses"]);
});

test("who got the same first page gets the same list, and the rest of it is asked for once", async () => {
  const { list, asked, answer } = world();
  const gone = new AbortController();
  const first = ok({ groups: [group("a")], next: 2 });
  const early = list.get(gone.signal, "reading");
  const late = Promise.all([list.get(never, "reading"), list.get(never, "reading")]);
  for (let i = 0; i < 3; i++) await answer(first);
  expect(asked.slice(3)).toEqual(["/elastic_addresses?page=2"]);
  // The others go on without the one that began it.
  gone.abort();
  expect(await early).toMatchObject({ kind: "failed", failure: { cause: "no-answer" } });
  await answer(ok({ groups: [group("b")], next: null }));
  const [one, other] = await late;
  expect(one).toEqual(ok([group("a"), group("b")]));
  expect(other).toBe(one);
});

test("a list that nobody waits for any more is not joined", async () => {
  const { list, asked, answer } = world();
  const gone = new AbortController();
  const first = ok({ groups: [group("a")], next: 2 });
  const early = list.get(gone.signal, "reading");
  const late = list.get(never, "reading");
  await answer(first);
  gone.abort();
  await early;
  asked.length = 0;
  await answer(first);
  // To the one that was given up.
  await answer(failed("no-answer"));
  await answer(ok({ groups: [group("b")], next: null }));
  expect(await late).toEqual(ok([group("a"), group("b")]));
  expect(asked).toEqual(["/elastic_addresses?page=2"]);
});

test("a move goes its own way through the list, and waits for no reading", async () => {
  const { list, asked, answer } = world();
  const first = ok({ groups: [group("a")], next: 2 });
  const both = Promise.all([list.get(never, "reading"), list.get(never, "move")]);
  for (let i = 0; i < 2; i++) await answer(first);
  expect(asked.slice(2)).toEqual(["/elastic_addresses?page=2", "/elastic_addresses?page=2"]);
  for (let i = 0; i < 2; i++) await answer(ok({ groups: [], next: null }));
  expect(await both).toEqual([ok([group("a")]), ok([group("a")])]);
});

test.each([
  [2, "3", null],
  ["2", "https://elsewhere.example/api/3/elastic_addresses?page=3", ""],
])("all pages are followed, on our own path: %j", async (second, third, end) => {
  const { list, asked, answer } = world();
  const all = list.get(never, "reading");
  await answer(ok({ groups: [group("a")], next: second }));
  await answer(ok({ groups: [group("b")], next: third }));
  await answer(ok({ groups: [group("c")], next: end }));
  expect(await all).toEqual(ok([group("a"), group("b"), group("c")]));
  expect(asked).toEqual(["/elastic_addresses", "/elastic_addresses?page=2", "/elastic_addresses?page=3"]);
});

test.each([1, 0, "1", "soon", 21])(
  "a list that cannot be followed to its end is no list: next %j",
  async (next) => {
    const { list, answer } = world();
    const all = list.get(never, "reading");
    await answer(ok({ groups: [group("a")], next }));
    expect(await all).toMatchObject({ kind: "failed", failure: { cause: "unreadable" } });
  },
);

test("the older path is taken once the newer is not found, and kept", async () => {
  const { list, asked, answer } = world();
  const first = list.get(never, "reading");
  await answer(failed("not-found"));
  await answer(ok({ groups: [], next: null }));
  expect(await first).toEqual(ok([]));
  expect(list.path).toBe("/failover_groups");
  const second = list.get(never, "reading");
  await answer(ok({ groups: [], next: null }));
  await second;
  expect(asked).toEqual(["/elastic_addresses", "/failover_groups", "/failover_groups"]);
});

test("trouble other than not found does not change the path", async () => {
  const { list, answer } = world();
  const first = list.get(never, "reading");
  await answer(failed("server-error", "maybe"));
  expect(await first).toMatchObject({ failure: { cause: "server-error" } });
  expect(list.path).toBe("/elastic_addresses");
});

test("neither path found is said so", async () => {
  const { list, answer } = world();
  const first = list.get(never, "reading");
  await answer(failed("not-found"));
  await answer(failed("not-found"));
  expect(await first).toMatchObject({
    failure: { detail: expect.stringContaining("neither /elastic_addresses nor") },
  });
});

test("a pinned path is not left", async () => {
  const { list, asked, answer } = world("/failover_groups");
  const first = list.get(never, "reading");
  await answer(failed("not-found"));
  expect(await first).toMatchObject({ failure: { cause: "not-found" } });
  expect(asked).toEqual(["/failover_groups"]);
});
