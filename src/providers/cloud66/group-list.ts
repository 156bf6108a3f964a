/**
 * The list of failover groups, with all its pages. Who asks at the same moment gets the same one, since the account's questions are
 * shared: 3,000 requests an hour are all that a user has. Who got the same first page goes on together, so that the list of thousands of
 * groups is not put together once for each of them.
 */
import { concluded, type Failure, type Result } from "../failure.ts";
import type { Budget } from "../http.ts";
import { JointWork } from "../traffic/joint-work.ts";
import type { Purpose } from "../traffic/purpose.ts";
import type { GroupPage, ListedGroup } from "./wire.ts";

export type GroupPath = "/elastic_addresses" | "/failover_groups";
type Groups = Result<readonly ListedGroup[]>;
type Page = Extract<Result<GroupPage>, { readonly kind: "ok" }>;

type WalkBudget = Budget & { readonly purpose: Purpose };

const given: Groups = concluded("no-answer", "no", "no answer (aborted): given up by the caller");

/** The longest that a list with all its pages may take. Milliseconds. */
export const listDeadlineMs = 15_000;
/** More pages than this are no list of failover groups. */
const pagesMax = 20;

export class GroupList {
  readonly #askPage: (path: string, budget: Budget) => Promise<Result<GroupPage>>;
  readonly #pinned: GroupPath | null;
  readonly #now: () => number;
  /** By first page and purpose: a move does not go at the pace of a check. */
  readonly #walks = new WeakMap<Page, Map<Purpose, JointWork<Groups>>>();
  #path: GroupPath;

  constructor(
    askPage: (path: string, budget: Budget) => Promise<Result<GroupPage>>,
    path: "auto" | GroupPath,
    now: () => number,
  ) {
    this.#askPage = askPage;
    this.#pinned = path === "auto" ? null : path;
    this.#path = this.#pinned ?? "/elastic_addresses";
    this.#now = now;
  }

  /** The path that answered last. */
  get path(): GroupPath {
    return this.#path;
  }

  /** @returns the list, as it was when it was asked for or later. */
  async get(signal: AbortSignal, purpose: Purpose): Promise<Groups> {
    const budget: WalkBudget = { signal, deadlineAt: this.#now() + listDeadlineMs, group: null, purpose };
    const result = await this.#pages(this.#path, budget);
    if (this.#pinned !== null || result.kind === "ok" || result.failure.cause !== "not-found") return result;

    const other: GroupPath = this.#path === "/elastic_addresses" ? "/failover_groups" : "/elastic_addresses";
    const second = await this.#pages(other, budget);
    if (second.kind === "ok") this.#path = other;
    else if (second.failure.cause === "not-found") return neither(second.failure);
    return second;
  }

  async #pages(path: GroupPath, budget: WalkBudget): Promise<Groups> {
    const first = await this.#askPage(path, budget);
    if (first.kind === "failed") return first;
    const walks = this.#walksOf(first);
    const known = walks.get(budget.purpose);
    if (known !== undefined && !known.isAbandoned) return known.wait(budget.signal, given);
    const walk = new JointWork((signal) => this.#walk(path, first, { ...budget, signal }));
    walks.set(budget.purpose, walk);
    return walk.wait(budget.signal, given);
  }

  #walksOf(first: Page): Map<Purpose, JointWork<Groups>> {
    const known = this.#walks.get(first);
    if (known !== undefined) return known;
    const walks = new Map<Purpose, JointWork<Groups>>();
    this.#walks.set(first, walks);
    return walks;
  }

  /** Follows a first page to the end of the list. */
  async #walk(path: GroupPath, first: Page, budget: Budget): Promise<Groups> {
    const groups = [...first.value.groups];
    let { next } = first.value;
    let page = 1;
    for (;;) {
      if (next === null || next === "") return { ...first, value: groups };
      const number = pageNumber(next);
      if (number === null || number <= page)
        return cut(`the next page after ${page} is ${JSON.stringify(next)}`);
      if (number > pagesMax) return cut(`it has more than ${pagesMax} pages`);
      page = number;
      const result = await this.#askPage(`${path}?page=${page}`, budget);
      if (result.kind === "failed") return result;
      groups.push(...result.value.groups);
      next = result.value.next;
    }
  }
}

function neither(failure: Failure): Groups {
  const detail = `neither /elastic_addresses nor /failover_groups is there: ${failure.detail}`;
  return { kind: "failed", failure: { ...failure, detail } };
}

/** A part of the list must not pass for the whole: a group that is not in it would seem to be gone. */
function cut(why: string): Groups {
  return concluded("unreadable", "maybe", `the list cannot be followed to its end: ${why}`);
}

/** A number, or an address of which only the number is taken: the token is never sent to where an answer points. */
function pageNumber(next: number | string): number | null {
  const text = /[?&]page=(\d+)/.exec(String(next))?.[1] ?? String(next);
  return /^\d{1,6}$/.test(text) ? Number(text) : null;
}
