/** Every kind of provider. */
import { clouds } from "./clouds.ts";
import { own } from "./own.ts";
import type { Kind, StepCase } from "./subject.ts";

export const kinds: readonly Kind[] = [...clouds, ...own];

/** Every kind with each of its steps, for `test.each`. */
export const stepCases: readonly (StepCase & { readonly title: string; readonly kind: Kind })[] =
  kinds.flatMap((kind) =>
    kind.steps.map((each) => ({
      ...each,
      kind,
      title: `${kind.name}: ${each.step.kind} ${each.step.member}`,
    })),
  );
