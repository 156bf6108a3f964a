/** Rules about who may use the API, and about where the daemon listens. */
import type { ApiTlsFile } from "./file-shape.ts";
import { isLoopback } from "./ip.ts";
import { isKeyOf, type PemFile } from "./pem-files.ts";
import type { RuleContext } from "./rule-context.ts";
import { parseListen } from "./schema-values.ts";

export function checkApi(context: RuleContext): void {
  checkListen(context);
  checkTokens(context);
  const tls = context.file.api?.tls;
  if (tls !== undefined) checkTls(context, tls);
}

/** Whoever reaches the port reads what the daemon knows, and a token without TLS is read on its way. */
function checkListen(context: RuleContext): void {
  const { listen: written, api } = context.file;
  const listen = written === undefined ? null : parseListen(written);
  if (listen === null || isLoopback(listen.host) || api?.insecure === true) return;
  const lacks = [
    ...((api?.tokens ?? []).length === 0 ? ["a token (api.tokens)"] : []),
    ...(api?.tls === undefined ? ["TLS (api.tls)"] : []),
  ];
  if (lacks.length === 0) return;
  context.error(
    "listen-exposed",
    ["listen"],
    `a listen beyond loopback needs ${lacks.join(" and ")}, or api: { insecure: true } where the network protects it: got ${context.quote(["listen"])}`,
  );
}

function checkTokens(context: RuleContext): void {
  const tokens = context.file.api?.tokens ?? [];
  for (const [index, { name, token }] of tokens.entries()) {
    const path = ["api", "tokens", index];
    const before = tokens.slice(0, index);
    if (before.some((other) => other.name === name)) {
      const text = `the name of a token must be its own: ${context.quote([...path, "name"])} is there already`;
      context.error("token-duplicate", [...path, "name"], text);
    }
    if (before.some((other) => other.token === token))
      context.error("token-duplicate", [...path, "token"], "two tokens must not be the same text");
    context.secretLiteral([...path, "token"]);
  }
}

function checkTls(context: RuleContext, { cert, key, "client-ca": clientCa }: ApiTlsFile): void {
  const { pem } = context;
  const check = (name: keyof ApiTlsFile, file: PemFile): string | null => {
    if ("pem" in file) return file.pem;
    const path = ["api", "tls", name];
    context.error("api-tls-unreadable", path, `${name} ${context.quote(path)} is of no use: ${file.failure}`);
    return null;
  };
  const certPem = check("cert", pem.certificates(cert));
  const keyPem = check("key", pem.key(key));
  if (clientCa !== undefined) check("client-ca", pem.certificates(clientCa));
  if (certPem === null || keyPem === null || isKeyOf(keyPem, certPem)) return;
  const text = `key ${context.quote(["api", "tls", "key"])} does not belong to the first certificate of cert ${context.quote(["api", "tls", "cert"])}`;
  context.error("api-tls-unreadable", ["api", "tls", "key"], text);
}
