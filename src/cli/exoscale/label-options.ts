/** The options of labels. Exoscale takes labels only as a whole, so those that are not named are sent again. */
import { usage } from "../exit-codes.ts";

export interface LabelOptions {
  /** Each `KEY=VALUE`. */
  readonly label: readonly string[];
  /** Keys. */
  readonly removeLabel: readonly string[];
}

/** @returns all labels to send, or undefined when no option is about them. @throws CliError with exit code 2. */
export function labelsOf(
  { label, removeLabel }: LabelOptions,
  stored: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | undefined {
  if (label.length + removeLabel.length === 0) return undefined;
  const labels = new Map(Object.entries(stored));
  for (const key of removeLabel) {
    if (!labels.delete(key)) {
      throw usage(
        `--remove-label must name a label that there is (${[...labels.keys()].join(", ") || "none"}): "${key}"`,
      );
    }
  }
  for (const text of label) {
    const at = text.indexOf("=");
    if (at < 1) throw usage(`--label must be KEY=VALUE: "${text}"`);
    labels.set(text.slice(0, at), text.slice(at + 1));
  }
  return Object.fromEntries(labels);
}
