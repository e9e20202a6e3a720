// The stack file of a preview environment as text, and the mark by which it is known again. Pure.
import { parseDocument, stringify } from "yaml";
import { z } from "zod";
import { branchSettings } from "../settings.ts";

const marked = z.object({
  config: z.object({ "rampa:branch": branchSettings, "rampa:namespace": z.string() }),
});

export type BranchMark = z.output<typeof branchSettings> & { readonly namespace: string };

/** Texts stand in quotes: Pulumi would read an unquoted time as something else than text. */
export function renderBranchFile(config: Readonly<Record<string, unknown>>, from: string): string {
  const head = [
    "# yaml-language-server: $schema=./stack-config.schema.json",
    `# Written by \`rampa branch up\` from Pulumi.${from}.yaml, and again by the next one: change that file.`,
  ];
  const text = stringify(
    { config },
    { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN", lineWidth: 0 },
  );
  return `${head.join("\n")}\n${text}`;
}

/** Undefined for a file that `rampa branch up` has not written. */
export function readMark(text: string): BranchMark | undefined {
  const document = parseDocument(text);
  if (document.errors.length > 0) return undefined;
  const { data } = marked.safeParse(document.toJS());
  return data && { ...data.config["rampa:branch"], namespace: data.config["rampa:namespace"] };
}
