/**
 * The text format of Prometheus, version 0.0.4, as far as we write it ourselves.
 *
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */

/** @returns the lines before the series of a metric. */
export function headText(name: string, help: string, type: "counter" | "gauge" | "histogram"): string {
  return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n`;
}

/** @returns what is between the braces, e.g. `group="web",member="web-a"`. */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`)
    .join(",");
}

/** @param value not NaN. */
export function valueText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
