/** Where a command finds the daemon: by `--url`, else by `--socket`, else by the config that is named, else by `$FAILOVERD_URL`, else by the config. */
import { PemFiles, isKeyOf } from "../config/pem-files.ts";
import { readSmallFile } from "../config/load.ts";
import { readFailure } from "../config/reference.ts";
import { Secret } from "../config/secret.ts";
import { endpointName, isExposed, type ClientTls, type Endpoint } from "../server/endpoint.ts";
import { usage } from "./exit-codes.ts";
import { socketPath, type SocketOptions } from "./socket-option.ts";

export interface EndpointOptions extends SocketOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  /** The token may be sent over plain HTTP. */
  readonly insecure?: boolean;
}

/** Those that make sense with a URL only, as they are written. */
const farFlags = {
  tokenFile: "--token-file",
  tlsCa: "--tls-ca",
  tlsCert: "--tls-cert",
  tlsKey: "--tls-key",
} as const;

/** @throws CliError with exit code 2 when the options do not fit together, or name what is of no use. */
export function endpointOf(options: EndpointOptions, env: NodeJS.ProcessEnv = process.env): Endpoint {
  const { url, socket, config } = options;
  if (url !== undefined && socket !== undefined)
    throw usage("--url and --socket exclude each other: the daemon is at one of them");
  const isNamed = url !== undefined || socket !== undefined || config !== undefined;
  const variable = env["FAILOVERD_URL"];
  if (url !== undefined) return farEndpoint(url, "--url", options, env);
  if (!isNamed && variable !== undefined && variable !== "")
    return farEndpoint(variable, "$FAILOVERD_URL", options, env);
  for (const [key, flag] of Object.entries(farFlags)) {
    if (Object.hasOwn(options, key))
      throw usage(`${flag} is for a daemon that --url or $FAILOVERD_URL names`);
  }
  return { kind: "socket", path: socketPath(options, env) };
}

function farEndpoint(text: string, name: string, options: EndpointOptions, env: NodeJS.ProcessEnv): Endpoint {
  const url = parsedUrl(text, name);
  const endpoint = { kind: "url", url, token: tokenOf(options, env), tls: tlsOf(options, url) } as const;
  if (isExposed(endpoint) && options.insecure !== true) {
    throw usage(
      `Cannot send the token to ${endpointName(endpoint)}: over plain HTTP whoever is on the way can read it; use https, or say --insecure`,
    );
  }
  return endpoint;
}

function parsedUrl(text: string, name: string): URL {
  const wanted = `${name} must be a URL such as https://failoverd.example.com:9787`;
  const url = URL.parse(text);
  // What is not understood is not shown: it may hold a password.
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) throw usage(wanted);
  if (url.username !== "" || url.password !== "")
    throw usage(`${wanted}, without a name and a password: a token is given with --token-file`);
  if (url.search !== "" || url.hash !== "") throw usage(`${wanted}, without a query: "${text}"`);
  return url;
}

function tokenOf({ tokenFile }: EndpointOptions, env: NodeJS.ProcessEnv): Secret | null {
  const variable = env["FAILOVERD_TOKEN"];
  const [name, said] =
    tokenFile === undefined
      ? ["$FAILOVERD_TOKEN", variable === "" ? undefined : variable]
      : [`--token-file ${tokenFile}`, fileText(tokenFile)];
  if (said === undefined) return null;
  const token = said.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return new Secret(token);
  throw usage(`${name} must hold one token, in visible ASCII without spaces`);
}

function fileText(path: string): string {
  try {
    return readSmallFile(path);
  } catch (error) {
    throw usage(`Cannot read the token: --token-file ${path}: ${readFailure(error)}`);
  }
}

function tlsOf({ tlsCa, tlsCert, tlsKey }: EndpointOptions, url: URL): ClientTls {
  const given = tlsCa ?? tlsCert ?? tlsKey;
  if (given !== undefined && url.protocol === "http:")
    throw usage(
      `${endpointName({ kind: "url", url, token: null, tls: noTls })} is plain HTTP, so there is no certificate: leave ${given} out, or use https`,
    );
  const files = new PemFiles(process.cwd(), readSmallFile);
  const ca = tlsCa === undefined ? null : pemOf("--tls-ca", tlsCa, files.certificates(tlsCa));
  if (tlsCert === undefined && tlsKey === undefined) return { ca, identity: null };
  if (tlsCert === undefined || tlsKey === undefined)
    throw usage("--tls-cert and --tls-key go together: a certificate is of no use without its key");
  const cert = pemOf("--tls-cert", tlsCert, files.certificates(tlsCert));
  const key = pemOf("--tls-key", tlsKey, files.key(tlsKey));
  if (!isKeyOf(key, cert)) throw usage(`--tls-key ${tlsKey} does not belong to the certificate ${tlsCert}`);
  return { ca, identity: { cert, key: new Secret(key) } };
}

const noTls: ClientTls = { ca: null, identity: null };

function pemOf(flag: string, path: string, file: ReturnType<PemFiles["key"]>): string {
  if ("pem" in file) return file.pem;
  throw usage(`${flag} ${path} is of no use: ${file.failure}`);
}
