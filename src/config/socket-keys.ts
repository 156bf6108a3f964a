/** Reads from a config file only what tells where the daemon's control socket is, whatever else is wrong with the file. */
import { readSmallFile } from "./load.ts";
import { type Environment, readFailure, resolveReference } from "./reference.ts";
import { absolutePath, socketPath, wantedOf } from "./schema-values.ts";
import { isMapping, readTree } from "./yaml-tree.ts";

/** `undefined`: the file does not say. `trouble`: a sentence without a final period. */
export type SocketKeys =
  | { readonly controlSocket: string | undefined; readonly stateDir: string | undefined }
  | { readonly trouble: string };

/** @param env where `${env:X}` is looked up. Never throws. */
export function readSocketKeys(path: string, env: Environment): SocketKeys {
  let text: string;
  try {
    text = readSmallFile(path);
  } catch (error) {
    return { trouble: `the config cannot be read: ${readFailure(error)}` };
  }
  // No reference is followed but those of the two keys.
  const { value } = readTree(text.replace(/^\uFEFF/, ""), () => ({ kind: "plain" }));
  if (!isMapping(value)) return { trouble: "the config is broken, see failoverd check" };
  const controlSocket = textOf("control-socket", value["control-socket"], env);
  const stateDir = textOf("state-dir", value["state-dir"], env);
  if (controlSocket !== undefined && "trouble" in controlSocket) return controlSocket;
  if (stateDir !== undefined && "trouble" in stateDir) return stateDir;
  return { controlSocket: controlSocket?.text, stateDir: stateDir?.text };
}

const schemas = { "control-socket": socketPath, "state-dir": absolutePath } as const;

function textOf(
  key: keyof typeof schemas,
  value: unknown,
  env: Environment,
): { readonly text: string } | { readonly trouble: string } | undefined {
  if (value === undefined) return undefined;
  const reference = typeof value === "string" ? resolveReference(value, env, readSmallFile) : null;
  if (reference?.kind === "broken") return { trouble: `${key}: ${reference.text}` };
  const parsed = schemas[key].safeParse(reference?.kind === "resolved" ? reference.value : value);
  return parsed.success
    ? { text: parsed.data }
    : { trouble: `${key} must be ${wantedOf(schemas[key]) ?? "a path"}` };
}
