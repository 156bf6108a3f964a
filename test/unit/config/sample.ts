/** A small valid file of each provider, for tests that change one thing. */
import { type LoadResult, parseConfig } from "../../../src/config/load.ts";
import { formatProblem } from "../../../src/config/problem.ts";
import type { CalendarConfig, Config } from "../../../src/config/config.ts";

export const exoscale = `
providers:
  exo: { type: exoscale, zone: ch-gva-2, api-key: "\${env:KEY}", api-secret: "\${file:/run/secret}" }
groups:
  web:
    provider: exo
    elastic-ip: 198.51.100.7
    healthcheck: { mode: http, port: 80, uri: /healthz }
    members:
      - { name: a, instance: 6b1c2a34-0c1f-4d1e-9a55-3f0f8e7d1a01, host: 10.0.0.11 }
      - { name: b, instance: 9c02d7e8-51f3-4b7c-8d3a-6e1b2c3d4e02, host: 10.0.0.12 }
`;

export const cloud66 = `
providers:
  c66: { type: cloud66, token: "\${env:TOKEN}" }
groups:
  shop:
    provider: c66
    failover-group: abc123
    healthcheck: { mode: http, port: 80, uri: /healthz }
    members:
      - { name: eu, stack: primary, host: eu.example.com }
      - { name: us, stack: secondary, host: us.example.com }
`;

export const noCalendar: CalendarConfig = { maintenance: [], drill: null };

export const env = { KEY: "EXO-key", TOKEN: "c66-token" };

export const files: Readonly<Record<string, string>> = { "/run/secret": "exo-secret\n" };

export function readFile(path: string): string {
  const text = files[path];
  if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
  return text;
}

/** @returns what comes of `text`, with `more` variables set. */
export function parse(text: string, more: Readonly<Record<string, string>> = {}): LoadResult {
  return parseConfig(text, "failoverd.yaml", { ...env, ...more }, readFile);
}

/** @returns the config. Throws the problems as text when there are errors. */
export function load(text: string, more: Readonly<Record<string, string>> = {}): Config {
  const result = parse(text, more);
  if ("ok" in result) return result.ok;
  throw new Error(texts(result).join("\n"));
}

/** @returns errors and warnings as text. */
export function texts(result: LoadResult): readonly string[] {
  const problems = "ok" in result ? result.warnings : result.problems;
  return problems.map((problem) => formatProblem(problem, "failoverd.yaml"));
}
