// Exemptions: one rule for one resource, with a reason and a last day; read from the pack's exemptions.json.
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";

const exemption = z.strictObject({
  rule: z.string().regex(/^[a-z0-9-]+$/, "the name of a rule"),
  urn: z
    .string()
    .regex(/^urn:pulumi:[^:]+::[^:]+::.+::.+$/, "the whole URN of one resource, without wildcards"),
  reason: z.string().trim().min(10, "a reason of at least 10 characters"),
  expires: z.iso.date("the last day it holds, as YYYY-MM-DD"),
});

const exemptionFile = z.array(exemption);

export type Exemption = z.output<typeof exemption>;

/** Reads and checks an exemptions file; a missing file means none. Throws one error that lists every problem. */
export function readExemptions(file: string, ruleNames: readonly string[]): readonly Exemption[] {
  if (!existsSync(file)) return [];
  const parsed = exemptionFile.safeParse(parseJson(file));
  if (!parsed.success) {
    throw invalid(
      file,
      parsed.error.issues.map((issue) => `${issue.path.join(".") || "(document)"}: want ${issue.message}`),
    );
  }
  const strangers = parsed.data.flatMap((entry, index) =>
    ruleNames.includes(entry.rule) ? [] : [`${index}.rule: no rule is called ${entry.rule}`],
  );
  if (strangers.length > 0) throw invalid(file, strangers);
  return parsed.data;
}

/** Whether the last day of the exemption (UTC) is over. */
export function isExpired(entry: Exemption, now: Date): boolean {
  return now.toISOString().slice(0, 10) > entry.expires;
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(file, ["(document): want JSON"]);
    throw error;
  }
}

function invalid(file: string, problems: readonly string[]): Error {
  const lines = problems.map((problem) => `  ${problem}`);
  return new Error([`${file}: ${problems.length} problem(s)`, ...lines, "Next: correct the file"].join("\n"));
}
