/**
 * Who may use the API over TCP:
 *
 *   tokens in the config   request                     answer
 *   none                   a reading                   open
 *   none                   an order                    403
 *   some                   without a token of those    401
 *   some                   with one of scope read      readings; an order 403
 *   some                   with one of scope operate   everything
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { ApiToken } from "../../config/config.ts";
import type { Scope } from "./operation.ts";
import type { Admitted } from "./routes.ts";

export class Access {
  #tokens: readonly ApiToken[];

  constructor(tokens: readonly ApiToken[]) {
    this.#tokens = tokens;
  }

  /** From now on these tokens count, and no others. */
  reload(tokens: readonly ApiToken[]): void {
    this.#tokens = tokens;
  }

  admit(request: Pick<FastifyRequest, "headers" | "ip">, scope: Scope): Admitted {
    if (this.#tokens.length === 0) {
      return scope === "read"
        ? { kind: "admitted", caller: { name: null, signature: (said) => said } }
        : { kind: "forbidden", text: withoutTokens };
    }
    const token = this.#tokenOf(request.headers.authorization);
    if (token === null) return { kind: "unauthorised", text: withoutToken };
    const { name } = token;
    if (scope === "operate" && token.scope !== "operate")
      return { kind: "forbidden", text: `The token ${name} may read and not give orders: its scope is read` };
    const from = `token ${name} from ${request.ip}`;
    const signature = (said: string): string => (said === name ? from : `${said} (${from})`);
    return { kind: "admitted", caller: { name, signature } };
  }

  /** How long this takes tells nothing of the tokens: every one is compared, and by digests of one length. */
  #tokenOf(header: string | undefined): ApiToken | null {
    const [, said] = /^Bearer +(\S+)$/i.exec(header ?? "") ?? [];
    if (said === undefined) return null;
    const given = digest(said);
    let found: ApiToken | null = null;
    for (const each of this.#tokens) if (timingSafeEqual(digest(each.token.reveal()), given)) found = each;
    return found;
  }
}

const withoutTokens =
  "Orders over TCP are off, since the config has no token: add one of scope operate under api.tokens, or give the order on the machine itself";

const withoutToken =
  "A token of the config is needed, as the header Authorization: Bearer TOKEN (a command takes it from --token-file or $FAILOVERD_TOKEN)";

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
