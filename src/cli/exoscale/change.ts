/** The commands that create, change and delete Elastic IPs. Whatever takes something away is asked about first. */
import { addressName } from "../../providers/exoscale/elastic-ip.ts";
import {
  createChange,
  deleteChange,
  resetChange,
  updateChange,
} from "../../providers/exoscale/elastic-ip-changes.ts";
import {
  addressFamilies,
  fieldProblems,
  resetFields,
  type ElasticIpFields,
  type NewElasticIp,
} from "../../providers/exoscale/fields.ts";
import { holdersOf } from "../../providers/exoscale/holders.ts";
import type { ElasticIp } from "../../providers/exoscale/wire.ts";
import { confirmDestructive, type CloudContext } from "../clouds/context.ts";
import { failedWith } from "../clouds/trouble.ts";
import { printJson } from "../output.ts";
import { usage } from "../exit-codes.ts";
import { printNow, showCommand, warnOfGroups } from "./around.ts";
import { carryOutOrder, type ChangeOptions, type SureOptions } from "./carry-out.ts";
import { findElasticIp, instanceName } from "./find.ts";
import { healthcheckFromConfig } from "./from-config.ts";
import { healthcheckOf, type HealthcheckOptions } from "./healthcheck-options.ts";
import { labelsOf, type LabelOptions } from "./label-options.ts";
import { withExoscale } from "./session.ts";
import { allHolders } from "./show.ts";

export interface FieldOptions extends ChangeOptions, HealthcheckOptions, LabelOptions {
  readonly description?: string;
}

export interface UpdateOptions extends FieldOptions {
  /** Write the healthcheck of the config's group. */
  readonly fromConfig: boolean;
}

export interface CreateOptions extends FieldOptions {
  readonly addressFamily?: string;
}

const listCommand = "failoverd exoscale elastic-ip list";

export function createElasticIp(options: CreateOptions, context: CloudContext): Promise<void> {
  return withExoscale(options, context, async (session) => {
    const addressFamily = familyOf(options.addressFamily);
    const wanted: NewElasticIp = {
      ...fieldsOf(options, null),
      ...(addressFamily === undefined ? {} : { addressFamily }),
    };
    refuse(fieldProblems(wanted));
    const done = await carryOutOrder(
      {
        change: createChange(session.client, wanted),
        operation: "create-elastic-ip",
        fix: "Check the values, and the quota of Elastic IPs of the account",
        look: listCommand,
      },
      options,
      session,
    );
    if (done === null) return;
    const id = done.operation?.reference?.id ?? null;
    if (id === null)
      throw failedWith("It was created, but Exoscale does not say which it is", `See: ${listCommand}`);
    await printNow(id, options, session);
  });
}

export function updateElasticIp(text: string, options: UpdateOptions, context: CloudContext): Promise<void> {
  return withExoscale(options, context, async (session) => {
    const elasticIp = await findElasticIp(text, session);
    const given = fieldsOf(options, elasticIp);
    if (options.fromConfig && given.healthcheck !== undefined)
      throw usage(
        "--from-config and the --healthcheck options both say what the healthcheck is: give one of them",
      );
    const mirrored = options.fromConfig ? { healthcheck: healthcheckFromConfig(elasticIp, session) } : {};
    const fields = { ...given, ...mirrored };
    const { healthcheck } = fields;
    if (Object.keys(fields).length === 0)
      throw usage("Nothing to update: see --help for what can be changed");
    refuse(fieldProblems(fields));
    if (healthcheck !== undefined)
      warnOfGroups(elasticIp, session, "its healthcheck makes Exoscale a second mover");
    const isNewCheck = healthcheck !== undefined && !elasticIp.managed;
    const done = await carryOutOrder(
      {
        change: updateChange(session.client, elasticIp.id, fields),
        operation: "update-elastic-ip",
        fix: isNewCheck
          ? "A manual Elastic IP cannot be given a healthcheck: create another one with it"
          : "Check the values",
        look: showCommand(elasticIp),
      },
      options,
      session,
    );
    if (done !== null) await printNow(elasticIp.id, options, session);
  });
}

export function deleteElasticIp(text: string, options: SureOptions, context: CloudContext): Promise<void> {
  return withExoscale(options, context, async (session) => {
    const elasticIp = await findElasticIp(text, session);
    const name = addressName(elasticIp);
    const holders = holdersOf(await allHolders(session), elasticIp.id);
    if (holders.length > 0) {
      const detach = holders.map(
        (holder) => `failoverd exoscale elastic-ip detach ${name} ${instanceName(holder)}`,
      );
      throw failedWith(
        `Elastic IP ${name} is held by ${holders.map(instanceName).join(", ")}, and Exoscale deletes none that is held`,
        detach.join("; "),
      );
    }
    warnOfGroups(elasticIp, session, "without it the group has no address");
    await confirmDestructive(
      `Delete Elastic IP ${name}? Its address is lost for good.`,
      options.yes,
      context,
    );
    const done = await carryOutOrder(
      {
        change: deleteChange(session.client, elasticIp.id),
        operation: "delete-elastic-ip",
        fix: "One that an instance holds cannot be deleted: detach it first",
        look: listCommand,
      },
      options,
      session,
    );
    if (done !== null && options.json) printJson(context.output, { ...done, deleted: elasticIp.id });
  });
}

export function resetElasticIp(
  text: string,
  field: string,
  options: SureOptions,
  context: CloudContext,
): Promise<void> {
  return withExoscale(options, context, async (session) => {
    const known = resetFields.find((name) => name === field);
    if (known === undefined) throw usage(`The field must be ${resetFields.join(" or ")}: "${field}"`);
    const elasticIp = await findElasticIp(text, session);
    const name = addressName(elasticIp);
    const now = elasticIp[known];
    const question = `Reset the ${known} of ${name}?${now === null ? "" : ` It is now "${now}".`}`;
    await confirmDestructive(question, options.yes, context);
    const done = await carryOutOrder(
      {
        change: resetChange(session.client, elasticIp.id, known),
        operation: "reset-elastic-ip-field",
        fix: showCommand(elasticIp),
        look: showCommand(elasticIp),
      },
      options,
      session,
    );
    if (done !== null) await printNow(elasticIp.id, options, session);
  });
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw usage(problems.join("\n"));
}

/** @param stored what is changed; null: a new one. */
function fieldsOf(options: FieldOptions, stored: ElasticIp | null): ElasticIpFields {
  const { description } = options;
  const healthcheck = healthcheckOf(options, stored?.healthcheck ?? null);
  const labels = labelsOf(options, stored?.labels ?? {});
  return {
    ...(description === undefined ? {} : { description }),
    ...(healthcheck === undefined ? {} : { healthcheck }),
    ...(labels === undefined ? {} : { labels }),
  };
}

function familyOf(text: string | undefined): NewElasticIp["addressFamily"] {
  if (text === undefined) return undefined;
  const family = addressFamilies.find((known) => known === text);
  if (family === undefined) throw usage(`--address-family must be inet4 or inet6: "${text}"`);
  return family;
}
