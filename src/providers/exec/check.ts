/** Would a move work? Looks at both programs and runs `read`; that `move` works only a move can prove. */
import type { GroupAtProvider } from "../account.ts";
import { finding, holderFindings, type HolderAdvice } from "../findings.ts";
import type { Finding } from "../provider.ts";
import type { Unfit } from "./command-file.ts";
import type { Operation } from "./commands.ts";
import type { ReadAnswer } from "./protocol.ts";
import type { Seen } from "./provider.ts";

export interface Check {
  readonly group: GroupAtProvider;
  readonly programs: readonly {
    readonly operation: Operation;
    readonly path: string;
    readonly unfit: Unfit | null;
  }[];
  /** Null: `read` is not fit to be run. */
  readonly seen: Seen | null;
  /** This process has seen a move that was applied. */
  readonly isProven: boolean;
  /** A move without a clear end that is no longer waited for, in words. */
  readonly givenUp: string | null;
}

export function checkGroup(check: Check): readonly Finding[] {
  const { programs, seen, group } = check;
  const findings = programs.map(({ operation, path, unfit }) =>
    unfit === null
      ? finding("ok", `${operation}: ${path} can be run`)
      : finding("error", `${operation}: ${path} ${unfit.text}`, unfit.fix),
  );
  if (seen?.kind === "unseen") {
    const fix =
      "Run it by hand as the user of failoverd, with a question as in docs/providers.md on its input";
    findings.push(finding("unknown", seen.detail, fix));
  } else if (seen !== null) findings.push(...answerFindings(group, seen.answer));
  return [...findings, ...moveFindings(check)];
}

function answerFindings({ address, members }: GroupAtProvider, { holders, busy }: ReadAnswer): Finding[] {
  const known = members.filter(({ holder }) => holders.includes(holder)).map(({ name }) => name);
  const foreign = holders.filter((id) => !members.some(({ holder }) => holder === id));
  const findings = [
    finding("ok", `read answers for ${address}`),
    ...holderFindings({ address, holders: known, foreign }, holderAdvice),
  ];
  if (busy !== null)
    findings.push(finding("warning", `No move can begin now: ${busy}`, "Wait until that is over"));
  return findings;
}

const holderAdvice: HolderAdvice = {
  none: "The daemon gives it to a member that is proven healthy",
  several: "Take it off all but one, unless the group says holders: all-healthy",
  foreign:
    "Add it to the members, or take it off; the daemon does not take an address from a holder that it does not know",
};

function moveFindings({ isProven, givenUp }: Check): Finding[] {
  const findings = [
    isProven
      ? finding("ok", "move works: this process has seen it move the address")
      : finding(
          "warning",
          "Whether move works can only be proven by a move",
          "Do a switchover in a quiet hour",
        ),
  ];
  if (givenUp !== null)
    findings.push(finding("warning", givenUp, "Look at what the command did, by its request id in the log"));
  return findings;
}
