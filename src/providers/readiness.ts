/** What a check comes to: would a move of the group work now, would it fail, or can nobody say? */
import type { Finding } from "./provider.ts";

/** `unknown`: something could not be asked, and nothing that was answered stands in the way. */
export type Readiness = "ready" | "broken" | "unknown";

export interface Verdict {
  readonly readiness: Readiness;
  /** All that stands in the way, or could not be asked; null: ready. */
  readonly why: string | null;
}

export function verdictOf(findings: readonly Finding[]): Verdict {
  const texts = (wanted: Finding["severity"]): string =>
    findings.flatMap(({ severity, text }) => (severity === wanted ? text : [])).join("; ");
  const [errors, doubts] = [texts("error"), texts("unknown")];
  if (errors !== "") return { readiness: "broken", why: errors };
  return doubts === "" ? { readiness: "ready", why: null } : { readiness: "unknown", why: doubts };
}
