/** What the credentials of the daemon must be allowed at Exoscale, and nothing more. */

/** The names of the API's operations, as IAM knows them. */
export const readOperations = [
  "get-instance",
  "list-instances",
  "list-elastic-ips",
  "get-elastic-ip",
  "get-operation",
] as const;
const moveOperations = ["attach-instance-to-elastic-ip", "detach-instance-from-elastic-ip"] as const;

export interface IamPolicy {
  readonly "default-service-strategy": "deny";
  readonly services: {
    readonly compute: {
      readonly type: "rules";
      /** The first that matches decides. */
      readonly rules: readonly { readonly action: "allow"; readonly expression: string }[];
    };
  };
}

/** @param addresses of the Elastic IPs that may be moved, without prefix length. None: it may only look. */
export function policyFor(addresses: readonly string[]): IamPolicy {
  const move = `operation in ${list(moveOperations)} && resources.elastic_ip.ip in ${list(addresses)}`;
  const expressions = [`operation in ${list(readOperations)}`, ...(addresses.length === 0 ? [] : [move])];
  const rules = expressions.map((expression) => ({ action: "allow", expression }) as const);
  return { "default-service-strategy": "deny", services: { compute: { type: "rules", rules } } };
}

/** As CEL writes a list of texts. None of ours has a quote or a backslash in it. */
function list(texts: readonly string[]): string {
  return `[${texts.map((text) => `'${text}'`).join(", ")}]`;
}
