/**
 * The standing orders on the disk: one small JSON file, replaced as a whole, so that it holds either the old orders or the new
 * ones. A file that cannot be read does not pass for "no orders": somebody may have paused, so all groups are paused until a
 * person has looked.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { errorText } from "../core/error-text.ts";
import { orderMaxMs } from "../core/orders.ts";
import { makeDirectory } from "./state-dir.ts";
import type { OrderStore, StoredOrder, Subject } from "./orders.ts";

export const orderFileName = "orders.json";

/** More than people give; a larger file is none of ours. */
const ordersMax = 10_000;

const name = z.string().max(200);
const subject: z.ZodType<Subject> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("pause"), group: name.nullable() }),
  z.strictObject({ kind: z.literal("drain"), group: name, member: name }),
  z.strictObject({
    kind: z.literal("force"),
    group: name,
    member: name,
    health: z.enum(["healthy", "unhealthy"]),
  }),
]);

const file = z.strictObject({
  version: z.literal(1),
  orders: z
    .array(
      z.strictObject({
        subject,
        by: z.string(),
        reason: z.string(),
        givenWallMs: z.number(),
        untilWallMs: z.number().nullable(),
      }),
    )
    .max(ordersMax),
});

export interface OrderFileParts {
  readonly stateDir: string;
  readonly wallNow: () => number;
  /** What an operator must read: the orders could not be read, and all groups are paused. */
  readonly onNotice: (text: string) => void;
}

export class OrderFile implements OrderStore {
  readonly #parts: OrderFileParts;
  readonly #path: string;

  constructor(parts: OrderFileParts) {
    this.#parts = parts;
    this.#path = join(parts.stateDir, orderFileName);
  }

  load(): readonly StoredOrder[] {
    try {
      return this.#read();
    } catch (error) {
      return this.#pausedForLackOf(messageOf(error));
    }
  }

  peek(): readonly StoredOrder[] | null {
    try {
      // A file that is gone says nothing: what people have ordered holds.
      return existsSync(this.#path) ? this.#read() : null;
    } catch {
      return null;
    }
  }

  save(orders: readonly StoredOrder[]): string | null {
    try {
      const directory = dirname(this.#path);
      makeDirectory(directory);
      // A second daemon on the same folder writes a draft of its own.
      const draft = `${this.#path}.${process.pid}.new`;
      writeSynced(draft, `${JSON.stringify({ version: 1, orders }, null, 2)}\n`);
      renameSync(draft, this.#path);
      syncDirectory(directory);
      return null;
    } catch (error) {
      return `Cannot write ${this.#path}: ${messageOf(error)}`;
    }
  }

  #read(): readonly StoredOrder[] {
    if (!existsSync(this.#path)) return [];
    return file.parse(JSON.parse(readFileSync(this.#path, "utf8"))).orders;
  }

  #pausedForLackOf(why: string): readonly StoredOrder[] {
    const now = this.#parts.wallNow();
    const aside = `${this.#path}.unreadable`;
    const reason = `the orders of people cannot be read, so one of them may have been a pause: ${why}`;
    const pause: StoredOrder = {
      subject: { kind: "pause", group: null },
      by: "failoverd",
      reason: reason.slice(0, 500),
      givenWallMs: now,
      untilWallMs: now + orderMaxMs,
    };
    let kept = "";
    try {
      renameSync(this.#path, aside);
      if (this.save([pause]) === null) kept = `; the file is kept as ${aside}`;
      // Else nothing would be left of the pause but our memory, and the next start would take it for "no orders".
      else renameSync(aside, this.#path);
    } catch {
      // It stays where it is, and the pause comes again at the next start.
    }
    this.#parts.onNotice(`All groups are paused, since ${reason}${kept}. failoverd resume ends it`);
    return [pause];
  }
}

function writeSynced(path: string, text: string): void {
  const file = openSync(path, "w", 0o600);
  try {
    // Not writeSync: on a disk that becomes full it writes a part, and says so only by a number.
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Without it a power cut may bring the old file back. */
function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** In one line, since it becomes a reason. */
function messageOf(error: unknown): string {
  const text = errorText(error);
  if (!(error instanceof z.ZodError)) return text.replace(/\s+/g, " ");
  const [issue] = error.issues;
  return `${issue?.path.join(".") ?? ""}: ${issue?.message ?? text}`;
}
