/**
 * Second pass: rules across fields, on a file whose shape is valid. Each rule has one id, one sentence in `problem.ts`
 * and at least one invalid file in the tests.
 *
 * "All in one zone" needs no rule of its own: a provider is one zone, and a group has one provider. Whether the
 * instances and the address really are in that zone only the provider can tell.
 */
import type { Path, Problem, Rule, Severity } from "./problem.ts";
import { quote } from "./quote.ts";
import type { RuleContext } from "./rule-context.ts";
import { checkApi } from "./rules-api.ts";
import { checkCalendar } from "./rules-calendar.ts";
import { checkGroups } from "./rules-groups.ts";
import { checkHealthchecks } from "./rules-healthcheck.ts";
import { checkMembers } from "./rules-members.ts";
import { checkProviders } from "./rules-providers.ts";
import { checkVerifications } from "./rules-verify.ts";
import type { Tree } from "./yaml-tree.ts";

export function checkRules(
  tree: Tree,
  input: Pick<RuleContext, "file" | "partial" | "pem">,
): readonly Problem[] {
  const problems: Problem[] = [];
  const report = (severity: Severity) => (rule: Rule, path: Path, text: string) => {
    problems.push({ severity, rule, path, ...tree.position(path), text });
  };
  const isReference = (path: Path): boolean =>
    (tree.entries.get(JSON.stringify(path))?.reference ?? null) !== null;
  const context: RuleContext = {
    ...input,
    quote: (path) => quote(tree.value, tree.entries, path),
    isReference,
    secretLiteral: (path) => {
      if (isReference(path)) return;
      const text = `${path.at(-1)} is written in the file: \${env:NAME} or \${file:/path} would keep it out of backups and repositories`;
      report("warning")("secret-literal", path, text);
    },
    error: report("error"),
    warning: report("warning"),
  };
  checkApi(context);
  checkProviders(context);
  checkGroups(context);
  checkMembers(context);
  checkHealthchecks(context);
  checkVerifications(context);
  checkCalendar(context);
  return problems;
}
