/** An Exoscale zone on a scripted server: web-a holds 198.51.100.7, nobody 198.51.100.8, and 2001:db8::/96 is managed. */
import type { ChangeOptions, SureOptions } from "../../../src/cli/exoscale/carry-out.ts";
import type { FieldOptions } from "../../../src/cli/exoscale/change.ts";
import type { ListOptions } from "../../../src/cli/exoscale/show.ts";
import type { Reply } from "../providers/scripted-server.ts";
import { Stage } from "./stage.ts";

/** As Exoscale's API writes it. */
type Json = Readonly<Record<string, unknown>>;

export const ids = {
  eip: "9237ef31-854f-4143-b015-5eb714a76f72",
  free: "9237ef31-854f-4143-b015-5eb714a76f73",
  six: "9237ef31-854f-4143-b015-5eb714a76f76",
  a: "0b12cb6b-7e3e-4c0e-9e10-000000000001",
  b: "0b12cb6b-7e3e-4c0e-9e10-000000000002",
  operation: "5a0b1c2d-7e3e-4c0e-9e10-1e5d8a7c4b2a",
} as const;

export const eip: Json & { readonly id: string } = {
  id: ids.eip,
  ip: "198.51.100.7",
  addressfamily: "inet4",
  description: "www",
  labels: { team: "web" },
};
const free = { id: ids.free, ip: "198.51.100.8", addressfamily: "inet4" };
export const check: Json = { mode: "http", port: 80, uri: "/status", interval: 30 };
export const six: Json & { readonly id: string } = {
  id: ids.six,
  ip: "2001:db8::1",
  cidr: "2001:db8::/96",
  addressfamily: "inet6",
  healthcheck: check,
};

export function operation(state: string, more: object = {}): Reply {
  return { json: { id: ids.operation, state, ...more } };
}

export function instance(id: string, name: string, held: readonly string[], state = "running"): Reply {
  const elasticIps = held.map((id) => ({ id }));
  return { json: { id, name, state, "public-ip": "192.0.2.11", "elastic-ips": elasticIps } };
}

export async function exoscaleStage(): Promise<Stage> {
  const stage = await Stage.open();
  const { server } = stage;
  server.on("GET /v2/elastic-ip", { json: { "elastic-ips": [eip, free, six] } });
  for (const each of [eip, free, six]) server.on(`GET /v2/elastic-ip/${each.id}`, { json: each });
  const listed = [
    { id: ids.a, name: "web-a", state: "running", "public-ip": "192.0.2.11" },
    { id: ids.b, name: "web-b", state: "stopped" },
  ];
  server.on("GET /v2/instance", { json: { instances: listed } });
  server.on(`GET /v2/instance/${ids.a}`, instance(ids.a, "web-a", [ids.eip]));
  server.on(`GET /v2/instance/${ids.b}`, instance(ids.b, "web-b", [ids.six], "stopped"));
  return stage;
}

export const asks: ListOptions = { json: false, holders: true };
export const sends: SureOptions = { json: false, wait: true, timeout: "2m", yes: true };
export const moves: ChangeOptions = { json: false, wait: true, timeout: "2m" };
export const fields: FieldOptions = { ...moves, label: [], removeLabel: [] };

/** A config whose group `web` moves 198.51.100.7. */
export function configOf(stage: Stage, group: string = "elastic-ip: 198.51.100.7", more = ""): string {
  return stage.file(
    "failoverd.yaml",
    `providers:
  exo: { type: exoscale, zone: ch-gva-2, endpoint: "${stage.server.origin}/v2", api-key: "\${env:EXOSCALE_API_KEY}", api-secret: "\${env:EXOSCALE_API_SECRET}" }
${more}
groups:
  web:
    provider: exo
    ${group}
    healthcheck: { mode: http, port: 80, uri: /healthz }
    members:
      - { name: left, instance: ${ids.a}, host: 10.0.0.11 }
      - { name: right, instance: ${ids.b}, host: 10.0.0.12 }
`,
  );
}
