/**
 * What the config must know of a kind of provider: its keys in the file, what they become, and how an address moves there. Each
 * provider says it in the `kind.ts` of its folder, which is data and rules only: nothing of it speaks to a network.
 */
import type { z } from "zod";
import type { Path } from "./problem.ts";
import type { RuleContext } from "./rule-context.ts";

/**
 * @template File the provider as it is written
 * @template Account the same as the daemon uses it
 */
export interface Kind<File, Account> {
  /** The provider in the file, with `type` as the literal that tells it from others. */
  readonly file: z.ZodObject & z.ZodType<File>;
  /** As texts call it, e.g. `Cloud 66`. */
  readonly title: string;
  /** Keys of the file whose values, and those below them, are never shown. */
  readonly secrets: readonly string[];
  /** How a group says which address it moves. */
  readonly address: OwnKey;
  /** How a member says who it is at the provider. */
  readonly holder: OwnKey;
  /** How an address moves. */
  manner(this: void, file: File): Manner;
  /** Rules across the keys of the provider, which is at `path`. */
  check(context: RuleContext, file: File, path: Path): void;
  /** @param name of the provider in the config */
  resolve(name: string, file: File): Account;
  /** @returns what tells this account from others of its type; no secret. */
  identity(account: Account): readonly unknown[];
}

/** A key that only groups or members of this kind of provider have. */
export interface OwnKey {
  readonly key: string;
  readonly value: z.ZodType<string>;
  /** For a person who writes the file. */
  readonly about: string;
  /** Makes one text of all that mean the same. Default: the text as written. */
  readonly canonical?: (written: string) => string;
}

export interface Manner {
  /** What makes one call do for a move, in words, e.g. `Cloud 66`. Null: an attach and a detach. */
  readonly flip: string | null;
  /** How long clients may keep an old answer. Null: an address moves by routes. Milliseconds. */
  readonly dnsTtlMs: number | null;
}

/** What a group or a member is at its provider. */
export interface AtProvider {
  /** The key under which it stands in the file, e.g. `elastic-ip` or `instance`. */
  readonly kind: string;
  /** The provider's own name of it. */
  readonly id: string;
}
