/** Every operation that changes an Elastic IP, as a command, and what arrives at Exoscale. */
import type { CloudContext } from "../../../src/cli/clouds/context.ts";
import {
  createElasticIp,
  deleteElasticIp,
  resetElasticIp,
  updateElasticIp,
} from "../../../src/cli/exoscale/change.ts";
import { attach, detach } from "../../../src/cli/exoscale/move.ts";
import { eip, fields, ids, instance, moves, sends } from "./exoscale-world.ts";
import type { Stage } from "./stage.ts";

export interface ChangeCase {
  readonly name: string;
  run(context: CloudContext, options?: object): Promise<void>;
  /** What arrives at Exoscale. */
  readonly request: string;
  /** Makes the wanted state to be seen. */
  readonly wanted: ((stage: Stage) => void) | null;
  readonly operation: string;
}

const cases: readonly ChangeCase[] = [
  {
    name: "create",
    run: (context, options) =>
      createElasticIp({ ...fields, description: "new", label: ["a=b=c", "d="], ...options }, context),
    request: 'POST /v2/elastic-ip {"description":"new","labels":{"a":"b=c","d":""}}',
    wanted: null,
    operation: "create-elastic-ip",
  },
  {
    name: "update",
    run: (context, options) =>
      updateElasticIp("198.51.100.7", { ...fields, description: "new", ...options }, context),
    request: `PUT /v2/elastic-ip/${ids.eip} {"description":"new"}`,
    wanted: (stage) =>
      stage.server.on(`GET /v2/elastic-ip/${ids.eip}`, { json: { ...eip, description: "new" } }),
    operation: "update-elastic-ip",
  },
  {
    name: "delete",
    run: (context, options) => deleteElasticIp("198.51.100.8", { ...sends, ...options }, context),
    request: `DELETE /v2/elastic-ip/${ids.free}`,
    wanted: (stage) => stage.server.on(`GET /v2/elastic-ip/${ids.free}`, { status: 404 }),
    operation: "delete-elastic-ip",
  },
  {
    name: "reset",
    run: (context, options) =>
      resetElasticIp("198.51.100.7", "description", { ...sends, ...options }, context),
    request: `DELETE /v2/elastic-ip/${ids.eip}/description`,
    wanted: (stage) =>
      stage.server.on(`GET /v2/elastic-ip/${ids.eip}`, { json: { ...eip, description: "" } }),
    operation: "reset-elastic-ip-field",
  },
  {
    name: "attach",
    run: (context, options) => attach("198.51.100.8", "web-a", { ...moves, ...options }, context),
    request: `PUT /v2/elastic-ip/${ids.free}:attach {"instance":{"id":"${ids.a}"}}`,
    wanted: (stage) => stage.server.on(`GET /v2/instance/${ids.a}`, instance(ids.a, "web-a", [ids.free])),
    operation: "attach-instance-to-elastic-ip",
  },
  {
    name: "detach",
    run: (context, options) => detach("198.51.100.7", "web-a", { ...sends, ...options }, context),
    request: `PUT /v2/elastic-ip/${ids.eip}:detach {"instance":{"id":"${ids.a}"}}`,
    // The first answer is for the command itself, which looks up whom it is to detach.
    wanted: (stage) =>
      stage.server.on(
        `GET /v2/instance/${ids.a}`,
        instance(ids.a, "web-a", [ids.eip]),
        instance(ids.a, "web-a", [ids.eip]),
        instance(ids.a, "web-a", []),
      ),
    operation: "detach-instance-from-elastic-ip",
  },
];
export const named: readonly (readonly [string, ChangeCase])[] = cases.map((each) => [each.name, each]);

/** The key of the script for the change. */
export const keyOf = ({ request }: ChangeCase): string => request.split(" ").slice(0, 2).join(" ");
