/** Rules about what an http or https probe sends and accepts. */
import { nearestOrigin } from "./effective.ts";
import type { Checked, RuleContext } from "./rule-context.ts";

/** Headers that the probe sets itself, because they decide how the answer is framed and when the connection ends. */
const reserved: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

export function checkHttp(context: RuleContext, checked: Checked): void {
  const { check, path } = checked;
  const { uri, method } = check.values;
  if (uri === undefined || uri === "/") {
    const at = check.origin.get("uri")?.path ?? check.origin.get("mode")?.path ?? path;
    const text =
      'uri should be a health page of its own: "/" is slow when the site is busy, and then every member fails';
    context.warning("uri-root", at, text);
  }
  const body = check.values["expect-body"];
  if (method === "HEAD" && body !== undefined) {
    const at = nearestOrigin(check, ["expect-body", "method"]) ?? path;
    context.error(
      "expect-body-head",
      at,
      "expect-body does not go with method HEAD, whose answer has no body",
    );
  }
  checkStatus(context, checked);
  checkHeaders(context, checked);
}

function checkStatus(context: RuleContext, { check }: Checked): void {
  const at = check.origin.get("expect-status")?.path;
  const value = check.values["expect-status"];
  if (at === undefined || value === undefined) return;
  const items = typeof value === "object" ? value.entries() : [[null, value] as const];
  for (const [index, item] of items) {
    const { from, to } = statusRange(item);
    if (from <= to) continue;
    const path = index === null ? at : [...at, index];
    const text = `a range of statuses must start with the lower one: got ${context.quote(path)}`;
    context.error("expect-status-order", path, text);
  }
}

/** @returns the range that `200` or `200-299` stands for. */
export function statusRange(text: number | string): { from: number; to: number } {
  const [from, to] = String(text).split("-").map(Number);
  return { from: from ?? 0, to: to ?? from ?? 0 };
}

function checkHeaders(context: RuleContext, { check }: Checked): void {
  const at = check.origin.get("headers")?.path;
  if (at === undefined) return;
  const seen = new Set<string>();
  for (const name of Object.keys(check.values.headers ?? {})) {
    const lower = name.toLowerCase();
    if (lower === "host") {
      context.error(
        "header-reserved",
        [...at, name],
        `header "${name}" has a key of its own: use host-header`,
      );
    } else if (reserved.has(lower)) {
      context.error("header-reserved", [...at, name], `header "${name}" is set by the probe itself`);
    } else if (seen.has(lower)) {
      context.error(
        "header-reserved",
        [...at, name],
        `header "${name}" is there already, in another spelling`,
      );
    }
    seen.add(lower);
  }
}
