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
import { checkCalendar } from "./rules-calendar.ts";
import { checkGroups } from "./rules-groups.ts";
import { checkHealthchecks } from "./rules-healthcheck.ts";
import { checkMembers } from "./rules-members.ts";
import { checkProviders } from "./rules-providers.ts";
import { checkVerifications } from "./rules-verify.ts";
import type { Tree } from "./yaml-tree.ts";

export function checkRules(
  tree: Tree,
  input: Pick<RuleContext, "file" | "partial" | "readCa">,
): readonly Problem[] {
  const problems: Problem[] = [];
  const report = (severity: Severity) => (rule: Rule, path: Path, text: string) => {
    problems.push({ severity, rule, path, ...tree.position(path), text });
  };
  const context: RuleContext = {
    ...input,
    quote: (path) => quote(tree.value, tree.entries, path),
    isReference: (path) => (tree.entries.get(JSON.stringify(path))?.reference ?? null) !== null,
    error: report("error"),
    warning: report("warning"),
  };
  checkProviders(context);
  checkGroups(context);
  checkMembers(context);
  checkHealthchecks(context);
  checkVerifications(context);
  checkCalendar(context);
  return problems;
}
